//! What stands after the colon of a field: `[[fill]align][sign][0][width][,][.precision][type]`.

use super::{super::item::Item, scalar};

/// A width beyond this is a mistake, and would fill the memory.
const WIDTH_MAX: usize = 10_000;

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    zero: bool,
    width: usize,
    thousands: bool,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Spec {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no format");
        let mut spec = Self::default();
        let mut chars = text.chars().peekable();
        let mut ahead = text.chars();
        let is_align = |c: char| matches!(c, '<' | '>' | '^' | '=');
        match (ahead.next(), ahead.next()) {
            (Some(fill), Some(align)) if is_align(align) => {
                (spec.fill, spec.align) = (Some(fill), Some(align));
                chars.nth(1);
            }
            (Some(align), _) if is_align(align) => spec.align = chars.next(),
            _ => {}
        }
        spec.sign = chars.next_if(|c| matches!(c, '+' | '-' | ' '));
        spec.zero = chars.next_if_eq(&'0').is_some();
        let mut number = || {
            let mut digits = String::new();
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            let number = (!digits.is_empty()).then(|| digits.parse::<usize>());
            (number.transpose(), chars.next_if_eq(&','), chars.next_if_eq(&'.'))
        };
        let (width, comma, point) = number();
        spec.width = width.map_err(|_| wrong())?.unwrap_or_default();
        spec.thousands = comma.is_some();
        if point.is_some() {
            spec.precision = Some(number().0.map_err(|_| wrong())?.ok_or_else(wrong)?);
        }
        spec.kind = chars
            .next_if(|c| matches!(c, 's' | 'd' | 'n' | 'x' | 'X' | 'o' | 'b' | 'f' | 'F' | '%'));
        let too_big = spec.width.max(spec.precision.unwrap_or_default()) > WIDTH_MAX;
        if chars.next().is_some() || too_big { Err(wrong()) } else { Ok(spec) }
    }

    /// A value formatted by its type; nothing if the format is for another one.
    pub(super) fn item(&self, item: &Item) -> Option<String> {
        match item {
            Item::Text(text) => self.text(text),
            Item::Number(number) if number.is_f64() => self.float(number.as_f64()?),
            Item::Number(number) => {
                let whole = number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
                self.whole(whole?)
            }
            Item::Bool(_) | Item::None | Item::List(_) | Item::Map(_) => {
                (*self == Self::default()).then(|| scalar(item))
            }
        }
    }

    /// A text, cut to the precision and filled to the width.
    pub(super) fn text(&self, text: &str) -> Option<String> {
        let fits = matches!(self.kind, None | Some('s')) && self.sign.is_none() && !self.thousands;
        if !fits || self.align == Some('=') {
            return None;
        }
        let cut: String = match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_owned(),
        };
        Some(self.filled("", &cut, '<'))
    }

    fn whole(&self, number: i128) -> Option<String> {
        if matches!(self.kind, Some('f' | 'F' | '%')) {
            #[expect(clippy::cast_precision_loss, reason = "Python makes a float of it too")]
            return self.float(number as f64);
        }
        let magnitude = number.unsigned_abs();
        let digits = match self.kind {
            None | Some('d' | 'n') => grouped(&magnitude.to_string(), self.thousands),
            Some('x') => format!("{magnitude:x}"),
            Some('X') => format!("{magnitude:X}"),
            Some('o') => format!("{magnitude:o}"),
            Some('b') => format!("{magnitude:b}"),
            Some(_) => return None,
        };
        self.precision.is_none().then(|| self.filled(self.sign(number < 0), &digits, '>'))
    }

    fn float(&self, number: f64) -> Option<String> {
        let magnitude = number.abs();
        let precision = self.precision.unwrap_or(6);
        let digits = match self.kind {
            None if self.precision.is_none() => super::float_repr(magnitude),
            None | Some('f' | 'F') => format!("{magnitude:.precision$}"),
            Some('%') => format!("{:.precision$}%", magnitude * 100.0),
            Some(_) => return None,
        };
        let (whole, rest) = digits.split_at(digits.find(['.', 'e', '%']).unwrap_or(digits.len()));
        let digits = format!("{}{rest}", grouped(whole, self.thousands));
        Some(self.filled(self.sign(number.is_sign_negative()), &digits, '>'))
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            (false, _) => "",
        }
    }

    fn filled(&self, sign: &str, body: &str, natural: char) -> String {
        let (fill, align) = match (self.fill, self.align, self.zero) {
            (None, None, true) => ('0', if natural == '>' { '=' } else { natural }),
            (fill, align, zero) => {
                (fill.unwrap_or(if zero { '0' } else { ' ' }), align.unwrap_or(natural))
            }
        };
        let missing = self.width.saturating_sub(sign.chars().count() + body.chars().count());
        let pad = |count: usize| fill.to_string().repeat(count);
        match align {
            '<' => format!("{sign}{body}{}", pad(missing)),
            '^' => format!("{}{sign}{body}{}", pad(missing / 2), pad(missing - missing / 2)),
            '=' => format!("{sign}{}{body}", pad(missing)),
            _ => format!("{}{sign}{body}", pad(missing)),
        }
    }
}

/// Commas between groups of three digits.
fn grouped(digits: &str, thousands: bool) -> String {
    if !thousands {
        return digits.to_owned();
    }
    let first = digits.len() % 3;
    let mut groups = vec![&digits[..first]];
    groups.extend((first..digits.len()).step_by(3).map(|at| &digits[at..at + 3]));
    groups.retain(|group| !group.is_empty());
    groups.join(",")
}
