//! The account, what it costs, and what the service's other programs ask.

use hayloft_wire::cloudmail::{BatchCall, BatchOutcome, Envelope, Rates, Space, TokenBody, User};
use serde_json::{Map, Value, json};

use super::request::Call;
use super::{CloudMail, Error};
use crate::retry::Repeat;

/// A change of what is paid for; the names are those of `billing/*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillingChange {
    /// `billing/change`
    Change,
    /// `billing/prolong`
    Prolong,
    /// `billing/cancel`
    Cancel,
}

/// Parameters by name of methods of which only the name is known.
type Fields<'a> = &'a [(&'a str, &'a str)];

fn with_all<'a>(call: Call<'a>, fields: Fields<'a>) -> Call<'a> {
    fields.iter().fold(call, |call, (name, value)| call.with(name, *value))
}

impl CloudMail {
    /// The own account (`user`).
    pub async fn user(&self) -> Result<Envelope<User>, Error> {
        self.call(Call::get("user")).await
    }

    /// How much space there is (`user/space`).
    pub async fn user_space(&self) -> Result<Envelope<Space>, Error> {
        self.call(Call::get("user/space")).await
    }

    /// Agrees to the licence (`user/agree-la`).
    pub async fn user_agree_la(&self) -> Result<Envelope<Value>, Error> {
        self.call(Call::post("user/agree-la", Repeat::Safe)).await
    }

    /// Changes settings of the web pages (`user/edit`).
    pub async fn user_edit(&self, settings: Fields<'_>) -> Result<Envelope<Value>, Error> {
        self.call(with_all(Call::post("user/edit", Repeat::Safe), settings)).await
    }

    /// Wakes an account that was put to sleep (`user/unfreeze`).
    pub async fn user_unfreeze(&self) -> Result<Envelope<Value>, Error> {
        self.call(Call::post("user/unfreeze", Repeat::Safe)).await
    }

    /// Asks for or takes part in promotions (`user/promo/<what>`: `active`, `ignore`, `invite`,
    /// `join`).
    pub async fn user_promo(
        &self,
        what: &str,
        fields: Fields<'_>,
    ) -> Result<Envelope<Value>, Error> {
        let path = format!("user/promo/{}", crate::http::encode_segment(what));
        self.call(with_all(Call::post(&path, Repeat::Once), fields)).await
    }

    /// Checks a promotion code (`promo/validate`).
    pub async fn promo_validate(&self, fields: Fields<'_>) -> Result<Envelope<Value>, Error> {
        self.call(with_all(Call::post("promo/validate", Repeat::Safe), fields)).await
    }

    /// What there is to buy (`billing/rates`).
    pub async fn billing_rates(&self) -> Result<Envelope<Rates>, Error> {
        self.call(Call::get("billing/rates")).await
    }

    /// What was bought (`billing/history`).
    pub async fn billing_history(&self) -> Result<Envelope<Value>, Error> {
        self.call(Call::post("billing/history", Repeat::Safe)).await
    }

    /// Changes what is paid for.
    pub async fn billing_change(
        &self,
        change: BillingChange,
        fields: Fields<'_>,
    ) -> Result<Envelope<Value>, Error> {
        let path = match change {
            BillingChange::Change => "billing/change",
            BillingChange::Prolong => "billing/prolong",
            BillingChange::Cancel => "billing/cancel",
        };
        self.call(with_all(Call::post(path, Repeat::Once), fields)).await
    }

    /// Folders of the domain (`domain/folders`).
    pub async fn domain_folders(&self) -> Result<Envelope<Value>, Error> {
        self.call(Call::get("domain/folders")).await
    }

    /// The address book (`mail/ab/contacts`).
    pub async fn mail_ab_contacts(&self) -> Result<Envelope<Value>, Error> {
        self.call(Call::get("mail/ab/contacts")).await
    }

    /// Adds to the address book (`mail/ab/contacts/add`).
    pub async fn mail_ab_contacts_add(&self, fields: Fields<'_>) -> Result<Envelope<Value>, Error> {
        self.call(with_all(Call::post("mail/ab/contacts/add", Repeat::Once), fields)).await
    }

    /// Has a link to the service's program sent to a telephone (`notify/applink`).
    pub async fn notify_applink(&self, phone_number: &str) -> Result<Envelope<Value>, Error> {
        let json = Map::from_iter([("phone".to_owned(), json!(phone_number))]);
        self.call(Call::post_json("notify/applink", Repeat::Once, json)).await
    }

    /// How the service is (`status`).
    pub async fn status(&self) -> Result<Envelope<Value>, Error> {
        self.call(Call::get("status")).await
    }

    /// A token for tools of the service (`tokens`).
    pub async fn tokens_any(&self) -> Result<Envelope<TokenBody>, Error> {
        self.call(Call::post("tokens", Repeat::Safe)).await
    }

    /// A token for one download of something published (`tokens/download`).
    pub async fn tokens_download(&self) -> Result<Envelope<TokenBody>, Error> {
        self.call(Call::post("tokens/download", Repeat::Safe)).await
    }

    /// A token to open a document with (`docs/token`).
    pub async fn docs_token(&self, fields: Fields<'_>) -> Result<Envelope<Value>, Error> {
        self.call(with_all(Call::post("docs/token", Repeat::Safe), fields)).await
    }

    /// Keeps a stock photo (`stock/save`).
    pub async fn stock_save(&self, fields: Fields<'_>) -> Result<Envelope<Value>, Error> {
        self.call(with_all(Call::post("stock/save", Repeat::Once), fields)).await
    }

    /// Several calls in one (`batch`), answered in their order.
    pub async fn batch(&self, calls: &[BatchCall]) -> Result<Envelope<Vec<BatchOutcome>>, Error> {
        let json = Map::from_iter([("batch".to_owned(), json!(calls))]);
        self.call(Call::post_json("batch", Repeat::Once, json)).await
    }
}
