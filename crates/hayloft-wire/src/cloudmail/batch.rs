//! Several calls in one.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::envelope::Status;

/// One call of a batch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BatchCall {
    /// Its method, such as `file/remove`.
    pub method: String,
    /// Its parameters.
    #[serde(default)]
    pub params: Map<String, Value>,
}

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BatchOutcome {
    /// Its status.
    pub status: Status,
    /// Its body, or the error.
    #[serde(default)]
    pub body: Value,
}
