//! nginx: the peer of listings (its PROPFIND) and of downloads (sendfile).

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::process::{Server, free_address};

/// Where Debian's `libnginx-mod-http-dav-ext` puts PROPFIND.
pub(crate) const DAV_MODULE: &str = "/usr/lib/nginx/modules/ngx_http_dav_ext_module.so";

/// Serves `root` with PROPFIND and sendfile; its own files go to `work`.
pub(crate) fn start(work: &Path, root: &Path) -> Result<Server> {
    std::fs::create_dir_all(work)?;
    let address = free_address()?;
    // As root, workers would otherwise be www-data and could not read our folder.
    let root_user = std::fs::metadata("/proc/self")?.uid() == 0;
    let user = if root_user { "user root;" } else { "" };
    let configuration = configuration(user, &address.to_string(), work, root);
    let file = work.join("nginx.conf");
    std::fs::write(&file, configuration)?;
    let mut command = Command::new("nginx");
    command.arg("-p").arg(work).arg("-c").arg(&file).arg("-e").arg(work.join("error.log"));
    Server::start(&mut command, address)
}

fn configuration(user: &str, address: &str, work: &Path, root: &Path) -> String {
    let (work, root) = (work.display(), root.display());
    format!(
        "load_module {DAV_MODULE};
{user}
daemon off;
worker_processes auto;
pid {work}/pid;
error_log {work}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    client_body_temp_path {work}/body;
    proxy_temp_path {work}/proxy;
    fastcgi_temp_path {work}/fastcgi;
    uwsgi_temp_path {work}/uwsgi;
    scgi_temp_path {work}/scgi;
    server {{
        listen {address};
        root {root};
        location / {{ dav_ext_methods PROPFIND OPTIONS; }}
    }}
}}
"
    )
}
