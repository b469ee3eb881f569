//! The words do not stand in the way of attributes with the same names.
use kirsch::prelude::*;

#[derive(Default)]
enum Mode {
    #[default]
    Slow,
    Fast,
}

#[expose]
struct Root {
    mode: Mode,
}

#[expose]
impl Root {
    fn mode(&self) -> &'static str {
        match self.mode {
            Mode::Slow => "slow",
            Mode::Fast => "fast",
        }
    }

    #[kirsch::post(path = "")]
    fn save(&self) -> &'static str {
        "saved"
    }

    #[::kirsch::prelude::default]
    fn anything_else(&self, rest: Rest) -> &'static str {
        drop(rest);
        "something"
    }
}
