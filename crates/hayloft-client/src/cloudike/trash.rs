//! The trash: methods 128 to 130.

use hayloft_wire::cloudike::{MultiResult, Page, TaskAccepted, TrashOutcome};
use serde_json::json;

use super::{Client, Error, Metadata};
use crate::http::encode_segment;
use crate::retry::Repeat;

impl Client {
    /// One page of the trash (#128); `limit` 0 means as many as the server gives at once.
    pub async fn trash_page(&self, offset: u64, limit: u64) -> Result<Page<'static>, Error> {
        let (offset, limit) = (offset.to_string(), limit.to_string());
        let query = [("offset", offset.as_str()), ("limit", &limit), ("extra", "false")];
        self.get("1/trash/", &query).await
    }

    /// The whole trash, page after page.
    pub async fn trash(&self) -> Result<Vec<Metadata>, Error> {
        let mut items = Vec::new();
        loop {
            let page = self.trash_page(items.len() as u64, 0).await?;
            let last = page.is_last_page || page.content.is_empty();
            items.extend(page.content);
            if last {
                return Ok(items);
            }
        }
    }

    /// Restores one item by its trash name, in the background (#129).
    pub async fn restore_trashed(
        &self,
        name: &str,
        overwrite: bool,
    ) -> Result<TaskAccepted, Error> {
        let path = format!("1/trash/restore/{}", encode_segment(name));
        self.post(Repeat::Once, &path, &json!({ "overwrite": overwrite })).await
    }

    /// Restores several items by their trash names and waits for the outcome (#129).
    pub async fn restore_many_trashed(
        &self,
        names: &[&str],
        overwrite: bool,
    ) -> Result<MultiResult<TrashOutcome>, Error> {
        let body = json!({ "paths": names, "overwrite": overwrite });
        let task: TaskAccepted = self.post(Repeat::Once, "1/trash/restore/", &body).await?;
        self.wait_task(&task.taskid).await
    }

    /// Destroys the items of these trash names, or all if there are none, and waits (#130).
    pub async fn clear_trash(&self, names: &[&str]) -> Result<MultiResult<TrashOutcome>, Error> {
        let body = if names.is_empty() { json!({}) } else { json!({ "paths": names }) };
        let task: TaskAccepted = self.post(Repeat::Once, "1/trash/clear/", &body).await?;
        self.wait_task(&task.taskid).await
    }
}
