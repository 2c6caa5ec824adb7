//! Where to send and fetch bytes.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The body of `dispatcher`: addresses by what they are for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dispatcher {
    /// Content of own files.
    pub get: Vec<Shard>,
    /// The same, to be shown.
    pub view: Vec<Shard>,
    /// Documents.
    pub view_direct: Vec<Shard>,
    /// Video.
    pub video: Vec<Shard>,
    /// Previews.
    pub thumbnails: Vec<Shard>,
    /// Uploads.
    pub upload: Vec<Shard>,
    /// Uploads into published folders.
    pub public_upload: Vec<Shard>,
    /// Published content; without a slash at the end.
    pub weblink_get: Vec<Shard>,
    /// The same, to be shown.
    pub weblink_view: Vec<Shard>,
    /// Published video.
    pub weblink_video: Vec<Shard>,
    /// Previews of what is published.
    pub weblink_thumbnails: Vec<Shard>,
    /// Stock photos.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stock: Vec<Shard>,
    /// The web.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub web: Vec<Shard>,
    /// The sign-in.
    pub auth: Vec<Shard>,
}

/// An address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shard {
    /// How many servers stand behind it.
    pub count: ShardCount,
    /// The address.
    pub url: String,
}

/// A count, which is a string but for `weblink_get`; some clients fail on a number elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardCount {
    /// `"1"`
    Text(u64),
    /// `1`
    Number(u64),
}

impl Default for ShardCount {
    fn default() -> Self {
        Self::Text(1)
    }
}

impl Serialize for ShardCount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(count) => serializer.collect_str(count),
            Self::Number(count) => serializer.serialize_u64(*count),
        }
    }
}

impl<'de> Deserialize<'de> for ShardCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u64),
            Text(String),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Number(count) => Self::Number(count),
            // Nobody needs the count, so a strange one does not spoil the address.
            Written::Text(text) => Self::Text(text.parse().unwrap_or(1)),
        })
    }
}

/// What `GET BASE/` answers: absolute addresses a client configures itself by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each is the address of what its name says")]
pub struct Endpoints {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oauth: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatcher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<String>,
}
