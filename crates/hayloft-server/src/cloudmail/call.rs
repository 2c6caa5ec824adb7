//! One call of a method: what a handler is given, and how it reaches the core.

use hayloft_core::{Actor, Core, Result as CoreResult};
use hayloft_store::Tx;
use http::{HeaderMap, Method};

use super::{error::Failure, params::Params};
use crate::{App, hosts::Origins, peer::Peer};

/// Which form of the API is called; all have the same methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// That of the web site and most scripts, whose listings come in pages.
    Web,
    /// That of programs with access tokens, whose listings come whole.
    Mobile,
}

/// A call that found its method; its parameters are read, and who calls is known.
#[derive(Debug)]
pub(super) struct Call {
    /// The server.
    pub(super) app: App,
    /// Which form of the API is called.
    pub(super) api: Api,
    /// The verb.
    pub(super) verb: Method,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The parameters.
    pub(super) params: Params,
    /// Where it comes from.
    pub(super) peer: Peer,
    /// Who acts; nobody for a stranger, where one is answered.
    pub(super) actor: Option<Actor>,
    /// The login, as the envelope shows it.
    pub(super) email: Option<String>,
    /// The secret of the web session, if it is one.
    pub(super) secret: Option<String>,
}

impl Call {
    /// The core.
    pub(super) fn core(&self) -> &Core {
        &self.app.core
    }

    /// Where the caller is to go for other things.
    pub(super) fn origins(&self) -> Origins {
        Origins::of(&self.app, &self.headers, self.peer)
    }

    /// Who acts.
    pub(super) fn actor(&self) -> Result<&Actor, Failure> {
        self.actor.as_ref().ok_or_else(Failure::user)
    }

    /// Runs `work` as the caller in a read transaction. A refusal of it is the inner result: only
    /// the method knows which parameter it is about.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<CoreResult<T>, Failure>
    where
        F: Fn(&mut Tx<'_>, &Actor) -> CoreResult<T> + Send + 'static,
        T: Send + 'static,
    {
        let actor = self.actor()?.clone();
        Ok(self.core().db.read(move |tx| work(tx, &actor)).await)
    }

    /// The same for work that walks whole trees: off the threads that serve requests.
    pub(super) async fn read_long<T, F>(&self, work: F) -> Result<CoreResult<T>, Failure>
    where
        F: Fn(&mut Tx<'_>, &Actor) -> CoreResult<T> + Send + 'static,
        T: Send + 'static,
    {
        let actor = self.actor()?.clone();
        Ok(self.core().db.read_long(move |tx| work(tx, &actor)).await)
    }

    /// The same in a write transaction.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<CoreResult<T>, Failure>
    where
        F: Fn(&mut Tx<'_>, &Actor) -> CoreResult<T> + Send + 'static,
        T: Send + 'static,
    {
        let actor = self.actor()?.clone();
        Ok(self.core().db.write(move |tx| work(tx, &actor)).await)
    }
}
