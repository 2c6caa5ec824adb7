//! A folder of 100,000 files: what must not cost more because of them, and what may.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{Bench, Sample};
use crate::hayloft::{Api, Hayloft};
use crate::http::Connection;
use crate::load::{self, median};
use crate::process::settle;

const MANY: usize = 100_000;
const FEW: usize = 1_000;
/// How often each operation is done to each folder; the sample is the median.
const REPEATS: usize = 20;

pub(crate) fn round(bench: &Bench, folder: &Path) -> Result<Vec<Sample>> {
    bench.runtime.block_on(async {
        let hayloft = Hayloft::start(&bench.program, &folder.join("data")).await?;
        let connection = hayloft.api.connect().await?;
        let mut client = Client { api: &hayloft.api, connection };
        client.plant().await?;
        settle()?;
        let rename = client
            .compare(&[("fileops/rename/", rename), ("fileops/rename/", rename_back)])
            .await?;
        let moved =
            client.compare(&[("fileops/move/", move_into), ("fileops/move/", move_back)]).await?;
        let trash =
            client.compare(&[("fileops/delete/", place), ("fileops/undelete/", place)]).await?;
        let first = client.pages(0, 0).await?;
        let middle = client.pages(MANY / 2, FEW / 2).await?;
        let start = Instant::now();
        let copy = json!({"from_path": "/many", "to_path": "/shelf"});
        client.call("fileops/copy/", &copy).await?;
        let copied = Sample::alone(start.elapsed().as_secs_f64());
        client.expect_copy().await?;
        Ok(vec![rename, moved, trash, first, middle, copied])
    })
}

/// The parameters of an operation on the folder of that name.
type Parameters = fn(&str) -> Value;

fn rename(name: &str) -> Value {
    json!({"path": format!("/{name}"), "newname": format!("{name}-renamed")})
}

fn rename_back(name: &str) -> Value {
    json!({"path": format!("/{name}-renamed"), "newname": name})
}

fn move_into(name: &str) -> Value {
    json!({"from_path": format!("/{name}"), "to_path": "/shelf"})
}

fn move_back(name: &str) -> Value {
    json!({"from_path": format!("/shelf/{name}"), "to_path": "/"})
}

fn place(name: &str) -> Value {
    json!({"path": format!("/{name}")})
}

struct Client<'a> {
    api: &'a std::rc::Rc<Api>,
    connection: Connection,
}

impl Client<'_> {
    async fn plant(&mut self) -> Result<()> {
        for folder in ["/many", "/few", "/empty", "/shelf"] {
            self.api.create_folder(&mut self.connection, folder).await?;
        }
        for (folder, count) in [("many", MANY), ("few", FEW)] {
            let api = self.api.clone();
            load::each(self.api.address, count, async move |connection, number| {
                api.create_empty(connection, &format!("/{folder}/file-{number:06}.txt")).await
            })
            .await?;
        }
        Ok(())
    }

    /// Does the first operation and the one that undoes it, in turn to the full and the empty
    /// folder, and compares the medians of the first.
    async fn compare(&mut self, there_and_back: &[(&str, Parameters); 2]) -> Result<Sample> {
        let [(there, there_parameters), (back, back_parameters)] = there_and_back;
        let (mut full_ms, mut empty_ms) = (Vec::new(), Vec::new());
        for _ in 0..REPEATS {
            for (name, took_ms) in [("many", &mut full_ms), ("empty", &mut empty_ms)] {
                took_ms.push(self.call(there, &there_parameters(name)).await?);
                self.call(back, &back_parameters(name)).await?;
            }
        }
        Ok(Sample::beside(median(&full_ms), median(&empty_ms)))
    }

    /// One page of the large and of the small folder, in turn.
    async fn pages(&mut self, many_offset: usize, few_offset: usize) -> Result<Sample> {
        let (mut many_ms, mut few_ms) = (Vec::new(), Vec::new());
        let [of_many, of_few] =
            [("many", many_offset), ("few", few_offset)].map(|(name, offset)| {
                self.api.get(&format!("metadata/{name}?limit=100&offset={offset}"), "")
            });
        for _ in 0..REPEATS {
            for (get, took_ms) in [(&of_many, &mut many_ms), (&of_few, &mut few_ms)] {
                let start = Instant::now();
                let page = self.connection.send(get).await?.expect(200)?;
                took_ms.push(start.elapsed().as_secs_f64() * 1000.0);
                let page: Value = serde_json::from_slice(&page.body)?;
                ensure!(page["content"].as_array().map(Vec::len) == Some(100), "not a whole page");
            }
        }
        Ok(Sample::beside(median(&many_ms), median(&few_ms)))
    }

    /// A copy counts when all of it is there.
    async fn expect_copy(&mut self) -> Result<()> {
        let info = self.api.get("fileops/folder_info/?path=/shelf/many", "");
        let info = self.connection.send(&info).await?.expect(200)?;
        let info: Value = serde_json::from_slice(&info.body)?;
        ensure!(info["files_count"] == MANY, "the copy has {} files", info["files_count"]);
        Ok(())
    }

    /// Calls a method and says how many milliseconds it took.
    async fn call(&mut self, method: &str, parameters: &Value) -> Result<f64> {
        let post = self.api.post(method, parameters);
        let start = Instant::now();
        self.connection.send(&post).await?.expect(200)?;
        Ok(start.elapsed().as_secs_f64() * 1000.0)
    }
}
