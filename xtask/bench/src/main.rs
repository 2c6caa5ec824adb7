//! The workloads of `docs/benchmarks.md`.

fn main() -> anyhow::Result<()> {
    anyhow::bail!("not yet")
}
