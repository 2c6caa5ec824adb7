//! One command a file: its arguments and what it does.

pub(crate) mod api;
pub(crate) mod app;
pub(crate) mod cat;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod cp;
pub(crate) mod find;
pub(crate) mod get;
pub(crate) mod info;
pub(crate) mod link;
pub(crate) mod login;
pub(crate) mod ls;
pub(crate) mod man;
pub(crate) mod mkdir;
pub(crate) mod mv;
pub(crate) mod put;
pub(crate) mod quota;
pub(crate) mod remote;
pub(crate) mod restore;
pub(crate) mod rm;
pub(crate) mod serve;
pub(crate) mod trash;
pub(crate) mod tree;
pub(crate) mod user;
pub(crate) mod versions;
pub(crate) mod zip;
