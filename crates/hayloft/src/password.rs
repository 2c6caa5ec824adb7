//! Where passwords come from: the environment, the terminal or standard input, never an argument,
//! which every other user of the machine could read.

use std::io::{self, IsTerminal as _};

use crate::failure::Failure;

/// The variable a password may stand in.
const VARIABLE: &str = "HAYLOFT_PASSWORD";

/// The password of `login`.
pub(crate) fn read(login: &str) -> Result<String, Failure> {
    if let Some(password) = std::env::var_os(VARIABLE) {
        let text = password.into_string();
        return text.map_err(|_| Failure::refused(format!("{VARIABLE} is not UTF-8")));
    }
    let read = if io::stdin().is_terminal() {
        rpassword::prompt_password(format!("Password of {login}: "))
    } else {
        io::read_to_string(io::stdin()).map(|text| first_line(&text))
    };
    match read {
        Ok(password) if password.is_empty() => Err(Failure::refused("the password is empty")),
        Ok(password) => Ok(password),
        Err(err) => Err(Failure::failed(format!("cannot read the password: {err}"))),
    }
}

/// The variable a code of the second factor may stand in.
const CODE_VARIABLE: &str = "HAYLOFT_CODE";

/// A code of the second factor; nothing if there is nobody to ask.
pub(crate) fn code(phone: Option<&str>) -> Result<Option<String>, Failure> {
    if let Some(code) = std::env::var_os(CODE_VARIABLE) {
        return Ok(code.into_string().ok());
    }
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let sent = phone.map_or_else(String::new, |phone| format!(" sent to {phone}"));
    let read = rpassword::prompt_password(format!("Code of the second factor{sent}: "));
    read.map(Some).map_err(|err| Failure::failed(format!("cannot read the code: {err}")))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
