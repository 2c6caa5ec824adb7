//! Uploads and downloads.

use crate::server::on_each;

// methods: 72, 77, 86, 88, 90, 148
#[tokio::test]
async fn a_file_goes_in_and_comes_out() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        assert_eq!(ann.mkdir("/docs").await.status, 200);
        let reply = ann.upload("/docs/hello.txt", b"hello").await;
        assert_eq!(reply.status, 200, "{reply}");
        assert_eq!(ann.names("/docs").await, ["hello.txt"]);
        let content = ann.download("/docs/hello.txt").await;
        assert_eq!(content.bytes, b"hello", "{content}");
    })
    .await;
}
