//! An S3 server in this process, on a directory.

use std::path::Path;

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::net::TcpListener;

/// Serves `folder` with one bucket; the address of that as a blob store.
pub(crate) async fn serve(folder: &Path) -> String {
    std::fs::create_dir(folder.join("bucket")).expect("a bucket");
    let files = s3s_fs::FileSystem::new(folder).expect("a store of files");
    let mut service = s3s::service::S3ServiceBuilder::new(files);
    service.set_auth(s3s::auth::SimpleAuth::from_single("key", "secret"));
    let service = service.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                // A client that hangs up is no failure of the test.
                let _ = server.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    format!(
        "s3://bucket?endpoint=http://{address}&allow_http=true&region=us-east-1\
         &access_key_id=key&secret_access_key=secret"
    )
}
