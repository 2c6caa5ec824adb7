//! Pictures of photos, videos and audio, and what these tell of themselves.

use hayloft_core::testing::samples;
use serde_json::Value;

use super::{Sky, refusal};
use crate::{
    client::{Reply, send, text},
    jpeg,
    server::on_each,
};

/// Uploads a file and returns its object.
async fn object(sky: &Sky, name: &str, content: &[u8]) -> Value {
    let sent = sky.put(&format!("me/skydrive/files/{name}"), content).await;
    assert_eq!(sent.status, 201, "{sent}");
    sky.get(text(&sent.json(), "id")).await.json()
}

/// Follows an address without a token, as a browser does.
async fn seen(sky: &Sky, address: &str) -> Reply {
    let reply = send(sky.bare("GET", address)).await;
    assert_eq!(reply.status, 200, "{reply}");
    assert_eq!(reply.header("content-type"), "image/jpeg");
    reply
}

// skydrive: picture.get, y1p.picture
#[tokio::test]
async fn a_photo_has_pictures_in_four_sizes() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let photo = object(&ann, "harbour.jpg", samples::PHOTO).await;
        let told = |field: &str| photo[field].clone();
        assert_eq!((told("width"), told("height")), (120.into(), 160.into()));
        assert_eq!(told("when_taken"), "2013-03-01T11:02:09+0000");
        assert_eq!(told("camera_make"), "Examplecam");
        assert_eq!(told("focal_ratio"), 2.8);
        assert_eq!(photo["location"]["latitude"], 53.54);
        let images = photo["images"].as_array().expect("pictures");
        let mut kinds = Vec::new();
        for image in images {
            let picture = seen(&ann, text(image, "source")).await;
            let (width, height) = jpeg::size(&picture.bytes);
            assert_eq!(
                (image["width"].clone(), image["height"].clone()),
                (width.into(), height.into())
            );
            kinds.push(format!("{} {width}x{height}", text(image, "type")));
        }
        assert_eq!(kinds, ["normal 120x160", "album 120x160", "thumbnail 72x96", "full 120x160"]);
        seen(&ann, text(&photo, "picture")).await;
        let small = ann.get(&format!("{}/picture?type=small", text(&photo, "id"))).await;
        assert_eq!(small.status, 302, "{small}");
        let small = seen(&ann, small.header("location")).await;
        assert_eq!(jpeg::size(&small.bytes), (72, 96));
    })
    .await;
}

// skydrive: picture.get, y1p.picture
#[tokio::test]
async fn what_has_no_picture_has_none() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let notes = object(&ann, "notes.txt", b"x").await;
        assert_eq!(notes.get("picture"), None);
        let none = ann.get(&format!("{}/picture", text(&notes, "id"))).await;
        assert_eq!(refusal(&none), "400 request_url_invalid");
        let cut = object(&ann, "cut.jpg", &samples::PHOTO[..900]).await;
        let none = send(ann.bare("GET", text(&cut, "picture"))).await;
        assert_eq!(none.status, 404, "{none}");
        let id = text(&cut, "id");
        let odd = ann.get(&format!("{id}/picture?type=huge")).await;
        assert_eq!(refusal(&odd), "400 request_parameter_invalid");
        let forged = send(ann.bare("GET", "/y1p/pictures/AAAA/x.jpg")).await;
        assert_eq!(forged.status, 404);
        let eve = Sky::new(&server, "eve").await;
        let strange = eve.get(&format!("{id}/picture")).await;
        assert_eq!(refusal(&strange), "404 resource_not_found");
    })
    .await;
}

// skydrive: y1p.picture
#[tokio::test]
async fn films_and_recordings_tell_of_themselves() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let film = object(&ann, "ferry.mp4", samples::FILM).await;
        assert_eq!((&film["width"], &film["height"]), (&64.into(), &48.into()));
        assert_eq!((&film["duration"], &film["bitrate"]), (&2000.into(), &32020.into()));
        let frame = seen(&ann, text(&film, "picture")).await;
        assert_eq!(jpeg::size(&frame.bytes), (64, 48));
        let song = object(&ann, "tide.mp3", samples::SONG).await;
        assert_eq!((&song["title"], &song["album_artist"]), (&"Tide".into(), &"The Band".into()));
        assert_eq!(song["duration"], 2038);
        let cover = seen(&ann, text(&song, "picture")).await;
        assert_eq!(jpeg::size(&cover.bytes), (32, 24));
    })
    .await;
}

// skydrive: picture.shared
#[tokio::test]
async fn a_link_shows_its_picture_to_anybody() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let photo = object(&ann, "harbour.jpg", samples::PHOTO).await;
        let link = ann.get(&format!("{}/shared_read_link", text(&photo, "id"))).await.json();
        let preview = async |url: &str| {
            let ask = ann.bare("GET", "skydrive/get_item_preview");
            send(ask.query(&[("type", "thumbnail"), ("url", url)])).await
        };
        let sent_on = preview(text(&link, "link")).await;
        assert_eq!(sent_on.status, 302, "{sent_on}");
        let picture = seen(&ann, sent_on.header("location")).await;
        assert_eq!(jpeg::size(&picture.bytes), (72, 96));
        let wrong = preview("https://files.example.com/").await;
        assert_eq!(refusal(&wrong), "400 request_parameter_invalid");
        let unknown = preview("https://files.example.com/public/0123456789abcdef").await;
        assert_eq!(unknown.status, 404, "{unknown}");
        let missing = send(ann.bare("GET", "skydrive/get_item_preview")).await;
        assert_eq!(refusal(&missing), "400 request_parameter_missing");
    })
    .await;
}
