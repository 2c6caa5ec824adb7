//! An object as the service told it.

use hayloft_wire::skydrive as wire;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Error, ProtocolError};

/// A file, folder, user or comment with all the fields that were told, known to us or not.
///
/// It stays as it was told because programs show it, pass it on, and send it back.
/// [`Object::typed`] is the same with types.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Object(pub Map<String, Value>);

impl Object {
    /// A field that is a text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    /// Its id; empty if there is none.
    pub fn id(&self) -> &str {
        self.text("id").unwrap_or_default()
    }

    /// Its name; empty if there is none.
    pub fn name(&self) -> &str {
        self.text("name").unwrap_or_default()
    }

    /// What it is.
    pub fn kind(&self) -> wire::Kind {
        // Any text is a kind.
        self.text("type").unwrap_or("file").parse().unwrap_or_default()
    }

    /// Whether it holds others.
    pub fn is_folder(&self) -> bool {
        matches!(self.text("type"), Some("folder" | "album"))
    }

    /// Its size in bytes.
    pub fn size(&self) -> Option<u64> {
        self.0.get("size")?.as_u64()
    }

    /// The same with types.
    pub fn typed(&self) -> Result<wire::Object<'static>, Error> {
        let value = Value::Object(self.0.clone());
        serde_json::from_value(value).map_err(|err| ProtocolError::nonsense(err).into())
    }
}
