//! The domain.
mod error;
pub mod amount;
pub use error::{Error, Result};
