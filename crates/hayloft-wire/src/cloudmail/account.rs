//! The account: who, how much space, what it costs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::item::Sort;
use super::lenient;

/// The body of `user`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    /// The part of the login after `@`.
    pub domain: String,
    /// The part before it.
    pub login: String,
    /// `regular` and the like.
    pub account_type: String,
    /// Has somebody proven that the address is his?
    pub account_verified: bool,
    /// Has he come only just now?
    pub newbie: bool,
    /// Settings of the web pages.
    pub ui: Ui,
    /// All about the cloud.
    pub cloud: CloudAccount,
    /// Whether there is a cloud.
    pub cloudflags: CloudFlags,
}

/// Settings of the web pages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ui {
    /// Show the loader large.
    pub expand_loader: bool,
    /// How lists are sorted.
    pub sort: Sort,
    /// Show the side bar.
    pub sidebar: bool,
    /// Which kinds of file are shown.
    pub kind: String,
    /// Show previews.
    pub thumbs: bool,
}

/// All about the cloud of an account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CloudAccount {
    /// What is paid for.
    pub billing: Billing,
    /// Functions on trial.
    pub beta: Beta,
    /// Functions that are on.
    pub enable: Enabled,
    /// Largest file in bytes.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional")]
    pub file_size_limit: Option<u64>,
    /// Gifts of space that were taken.
    pub bonuses: Bonuses,
    /// How much space there is.
    pub space: Space,
}

/// What is paid for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Billing {
    /// Can it be prolonged?
    pub prolong: bool,
    /// The price in force.
    pub active_cost_id: String,
    /// When it ends, in seconds; 0 for never.
    #[serde(deserialize_with = "lenient::number")]
    pub expires: i64,
    /// Does it prolong itself?
    pub auto_prolong: bool,
    /// The rate in force.
    pub active_rate_id: String,
    /// Is anything sold?
    pub enabled: bool,
    /// Subscriptions.
    pub subscription: Vec<Value>,
    /// Bytes of the rate itself.
    #[serde(deserialize_with = "lenient::number")]
    pub basequota: u64,
    /// Version of the billing.
    #[serde(deserialize_with = "lenient::text")]
    pub version: String,
    /// Promotion codes.
    pub promocodes: Map<String, Value>,
}

/// Functions on trial.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Beta {
    /// May they be tried?
    pub allowed: bool,
    /// Has he been asked?
    pub asked: bool,
}

/// Functions that are on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Enabled {
    /// Shared folders.
    pub sharing: bool,
}

/// Gifts of space that were taken.
#[expect(clippy::struct_excessive_bools, reason = "the protocol has these fields")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the service's own and say it all")]
pub struct Bonuses {
    pub camera_upload: bool,
    pub complete: bool,
    pub desktop: bool,
    pub feedback: bool,
    pub links: bool,
    pub mobile: bool,
    pub registration: bool,
}

/// Whether there is a cloud.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CloudFlags {
    /// There is.
    pub exists: bool,
}

/// How much space there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Space {
    /// Is it full?
    pub overquota: bool,
    /// Bytes in use.
    pub bytes_used: u64,
    /// Bytes there may be.
    pub bytes_total: u64,
}

impl<'de> Deserialize<'de> for Space {
    /// Servers of 2016 to 2018 told `used` and `total` in mebibytes.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Written {
            overquota: bool,
            #[serde(deserialize_with = "lenient::optional")]
            bytes_used: Option<u64>,
            #[serde(deserialize_with = "lenient::optional")]
            bytes_total: Option<u64>,
            #[serde(deserialize_with = "lenient::optional")]
            used: Option<u64>,
            #[serde(deserialize_with = "lenient::optional")]
            total: Option<u64>,
        }
        let written = Written::deserialize(deserializer)?;
        let bytes = |bytes: Option<u64>, mebibytes: Option<u64>| {
            bytes.unwrap_or_else(|| mebibytes.unwrap_or(0).saturating_mul(1024 * 1024))
        };
        Ok(Self {
            overquota: written.overquota,
            bytes_used: bytes(written.bytes_used, written.used),
            bytes_total: bytes(written.bytes_total, written.total),
        })
    }
}

/// The body of `billing/rates`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rates {
    /// What there is to buy.
    pub rates: Vec<Rate>,
}

/// A rate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rate {
    /// Its id.
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
    /// Its name.
    pub name: String,
    /// Is it the one in force?
    pub active: bool,
    /// Can it be had?
    pub available: bool,
    /// Bytes.
    #[serde(deserialize_with = "lenient::number")]
    pub size: u64,
    /// What it costs; the free one may cost nothing at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cost: Vec<Cost>,
}

/// A price.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cost {
    /// Its id.
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
    /// How much.
    pub cost: f64,
    /// Of what.
    pub currency: String,
    /// For how long, such as `1M`.
    pub duration: String,
    /// How much at present.
    pub special_cost: f64,
    /// For how long then.
    pub special_duration: String,
}
