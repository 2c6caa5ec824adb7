//! Links that let anyone in.

use super::{Sky, refusal};
use crate::{
    client::{Reply, send, text},
    server::on_each,
};

/// The hash of the core's link in an address.
fn hash(link: &str) -> &str {
    link.rsplit_once("authkey=!").expect("a key").1.trim_end_matches(|c: char| !c.is_alphanumeric())
}

// skydrive: links.read, links.edit, links.open
#[tokio::test]
async fn a_link_is_made_once_and_opens_the_public_page() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let folder = ann.folder("me/skydrive", "d").await;
        let file = ann.file(&folder, "f.txt", "x").await;
        let made = ann.get(&format!("{folder}/shared_read_link")).await;
        let link = text(&made.json(), "link").to_owned();
        assert!(link.contains("/redir.aspx?cid=") && link.contains("&resid="), "{link}");
        let again = ann.get(&format!("{folder}/shared_read_link")).await;
        assert_eq!(text(&again.json(), "link"), link);
        let edit = ann.get(&format!("{folder}/shared_edit_link")).await;
        assert_ne!(hash(text(&edit.json(), "link")), hash(&link));
        let opened = send(ann.bare("GET", &link)).await;
        assert_eq!(opened.status, 302);
        assert!(opened.header("location").ends_with(&format!("/public/{}", hash(&link))));
        let seen = ann.get(&folder).await.json();
        assert_eq!(seen["shared_with"]["access"], "People with a link");
        let below = ann.get(&file).await.json();
        assert_eq!(below["shared_with"]["access"], "People with a link", "inherited");
        let root = ann.get("me/skydrive/shared_read_link").await;
        assert_eq!(refusal(&root), "403 request_token_unauthorized");
        let eve = Sky::new(&server, "eve").await;
        let strange = eve.get(&format!("{folder}/shared_read_link")).await;
        assert_eq!(refusal(&strange), "404 resource_not_found");
        let own = text(&ann.get(&file).await.json(), "link").to_owned();
        for address in [own.as_str(), "/redir.aspx", "/redir.aspx?authkey=!../../x"] {
            let nothing = send(ann.bare("GET", address)).await;
            assert_eq!(nothing.status, 404, "{address}");
            assert!(nothing.header("content-type").starts_with("text/html"), "{address}");
        }
    })
    .await;
}

fn page(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{reply}");
    String::from_utf8(reply.bytes.clone()).expect("a page")
}

// skydrive: links.embed, links.embedded
#[tokio::test]
async fn an_embedded_thing_is_shown_in_a_frame() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let folder = ann.folder("me/skydrive", "d").await;
        let photo = ann.file(&folder, "a%22%3E.jpg", "x").await;
        let embed = ann.get(&format!("{photo}/embed")).await.json();
        let html = text(&embed, "embed_html").to_owned();
        assert!(html.starts_with("<iframe src=\"http"), "{html}");
        let tail = "\" width=\"98\" height=\"120\" frameborder=\"0\" scrolling=\"no\"></iframe>";
        let address = html.strip_prefix("<iframe src=\"").unwrap().strip_suffix(tail).unwrap();
        let framed = send(ann.bare("GET", address)).await;
        assert!(framed.headers.get("x-frame-options").is_none());
        let policy = framed.header("content-security-policy").to_owned();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        let shown = page(&framed);
        assert!(shown.contains("<img src=\"http"), "{shown}");
        assert!(!shown.contains("\">.jpg"), "{shown}");
        let source = shown.split("<img src=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(send(ann.bare("GET", source)).await.bytes, b"x");
        let embed = ann.get(&format!("{folder}/embed")).await.json();
        let address = text(&embed, "embed_html").split('"').nth(1).unwrap().to_owned();
        let shown = page(&send(ann.bare("GET", &address)).await);
        assert!(shown.contains("<li>a&quot;&gt;.jpg</li>"), "{shown}");
        ann.delete(&folder).await;
        for gone in [address.as_str(), "/embed", "/embed?authkey=!x"] {
            assert_eq!(send(ann.bare("GET", gone)).await.status, 404, "{gone}");
        }
        let root = ann.get("me/skydrive/embed").await;
        assert_eq!(refusal(&root), "400 request_url_invalid");
    })
    .await;
}
