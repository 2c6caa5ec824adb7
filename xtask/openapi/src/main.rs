//! Prints the server's OpenAPI document; `cargo xtask openapi` stores it.

fn main() -> anyhow::Result<()> {
    println!("{}", hayloft_server::openapi().to_pretty_json()?);
    Ok(())
}
