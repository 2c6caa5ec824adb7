//! `hayloft api`: any method of a remote's API, by hand.

use std::io::Write as _;

use crate::cli::Connection;
use crate::client::RawCall;
use crate::failure::Failure;
use crate::remotes::connect;

/// Call any method of a remote's API, and write what it answers to standard output
///
/// PATH is the method's: `file/copy` of the cloud.mail.ru API, `1/fileops/copy/` of Cloudike's. A
/// whole URL is one too. Parameters go into the query of GET and into a form otherwise, unless
/// --query or --json says more. What proves who calls is added.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of the remote
    name: String,
    /// GET, POST or another verb of HTTP
    #[arg(value_name = "VERB")]
    verb: String,
    /// The method
    path: String,
    /// Parameters
    #[arg(value_name = "KEY=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// Parameters go into the query
    #[arg(long, conflicts_with = "json")]
    query: bool,
    /// Parameters are a JSON object; a value that is JSON stands for itself
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Splits `key=value`.
fn parameter(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or("a parameter is written KEY=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        // `home:` for `home` is easily typed.
        let name = self.name.trim_end_matches(':');
        let remote = connect(name, &self.connection)?;
        let verb = self.verb.to_ascii_uppercase();
        let parameters = self.parameters.iter();
        let call = RawCall {
            verb: &verb,
            path: &self.path,
            parameters: parameters.map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            in_query: self.query,
            as_json: self.json,
        };
        let reply = remote.call(&call).await?;
        let mut out = std::io::stdout().lock();
        let written = out.write_all(&pretty(&reply.body)).and_then(|()| out.flush());
        written.map_err(|err| Failure::output(&err))?;
        match reply.refusal {
            Some(refusal) => Err(Failure::refused(refusal)),
            None if reply.status >= 300 => {
                Err(Failure::refused(format!("the server answered with status {}", reply.status)))
            }
            None => Ok(()),
        }
    }
}

/// JSON with a line for each field, in the server's order; anything else as it came.
fn pretty(body: &[u8]) -> Vec<u8> {
    let mut read = serde_json::Deserializer::from_slice(body);
    let mut text = Vec::new();
    let written =
        serde_transcode::transcode(&mut read, &mut serde_json::Serializer::pretty(&mut text));
    if written.is_err() || read.end().is_err() {
        return body.to_vec();
    }
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_has_a_name_and_a_reply_stays_what_it_is() {
        assert_eq!(parameter("home=/a=b"), Ok(("home".into(), "/a=b".into())));
        assert_eq!(parameter("conflict="), Ok(("conflict".into(), String::new())));
        assert_eq!(pretty(br#"{"b":1,"a":[]}"#), b"{\n  \"b\": 1,\n  \"a\": []\n}\n");
        assert_eq!(pretty(b"7F00 and more"), b"7F00 and more");
        assert!(parameter("home").is_err() && parameter("=x").is_err());
    }
}
