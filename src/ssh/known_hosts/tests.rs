#[cfg(test)]
mod todo {}
