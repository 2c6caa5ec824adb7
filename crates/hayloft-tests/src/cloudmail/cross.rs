//! One storage behind all dialects: what one puts in, the others find.

use super::{
    common::{Mail, body},
    rclone::Rclone,
};
use crate::server::{PASSWORD, on_each};

#[tokio::test]
async fn what_rclone_puts_in_is_there_for_cloudike_and_the_other_way_round() {
    on_each(async |server| {
        let rclone = Rclone::new(&server, "ann").await;
        let ann = server.stranger().signed_in("ann@example.com", PASSWORD).await;
        let local = tempfile::tempdir().expect("a folder");
        let file = local.path().join("plan.txt");
        let path = file.to_str().expect("a path");
        for content in ["the first content of it", "the second content, another length"] {
            std::fs::write(&file, content).expect("a file");
            rclone.run(&["copyto", path, "cloud:docs/plan.txt"]).await;
        }
        assert_eq!(ann.names("/docs").await, ["plan.txt"]);
        assert_eq!(
            ann.download("/docs/plan.txt").await.bytes,
            b"the second content, another length"
        );
        let versions = ann.get("files/versions/docs/plan.txt", &[]).await;
        assert_eq!(versions.status, 200, "{versions}");
        assert_eq!(versions.json().as_array().map(Vec::len), Some(2), "{versions}");
        let events = ann.get("events/", &[]).await;
        let events = String::from_utf8(events.bytes).expect("text");
        assert!(events.contains("/docs/plan.txt"), "{events}");

        ann.upload("/docs/Отчёт 1.txt", b"from the other side, in two versions").await;
        let again = ann.upload_with(
            "/docs/Отчёт 1.txt",
            b"from the other side, the second of two versions",
            &[("overwrite", "true")],
        );
        assert_eq!(again.await.status, 200);
        let listed = rclone.run(&["cat", "cloud:docs", "--include", "Отчёт*"]).await;
        assert_eq!(listed, "from the other side, the second of two versions");
        let mail = Mail::of(&server, "ann@example.com").await;
        let history = body(&mail.get("file/history", &[("home", "/docs/Отчёт 1.txt")]).await);
        assert_eq!(history.as_array().map(Vec::len), Some(2), "{history}");
        rclone.run(&["delete", "cloud:docs/plan.txt"]).await;
        assert_eq!(ann.names("/docs").await, ["Отчёт 1.txt"]);
        rclone.stop().await;
        server.stop().await;
    })
    .await;
}
