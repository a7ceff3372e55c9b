//! The form of a demo.toml. What a form cannot say is looked at afterwards, with the place at hand.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::{Kind, Role};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) role: BTreeMap<String, Spanned<Role>>,
    #[serde(default)]
    pub(super) step: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) say: Option<Spanned<String>>,
    pub(super) start: Option<Spanned<String>>,
    pub(super) r#type: Option<Spanned<String>>,
    pub(super) end: Option<Spanned<String>>,
    pub(super) kill: Option<Spanned<String>>,
    pub(super) reset: Option<Spanned<String>>,
    pub(super) lose: Option<Spanned<String>>,
    pub(super) listen: Option<Spanned<String>>,
    pub(super) connect: Option<Spanned<String>>,
    pub(super) accept: Option<Spanned<String>>,
    pub(super) half_close: Option<Spanned<String>>,
    pub(super) close: Option<Spanned<String>>,
    pub(super) wait: Option<Spanned<String>>,
    // What goes with one of these:
    pub(super) args: Option<Spanned<Vec<String>>>,
    pub(super) env: Option<Spanned<BTreeMap<String, String>>>,
    pub(super) into: Option<Spanned<String>>,
    pub(super) text: Option<Spanned<String>>,
    pub(super) code: Option<Spanned<i32>>,
}

impl Entry {
    pub(super) const VERBS: [&'static str; 13] = [
        "say",
        "start",
        "type",
        "end",
        "kill",
        "reset",
        "lose",
        "listen",
        "connect",
        "accept",
        "half_close",
        "close",
        "wait",
    ];

    /// What is to be done; one thing, if the step is right.
    pub(super) fn verbs(&self) -> Vec<(&'static str, &Spanned<String>)> {
        let values = [
            &self.say,
            &self.start,
            &self.r#type,
            &self.end,
            &self.kill,
            &self.reset,
            &self.lose,
            &self.listen,
            &self.connect,
            &self.accept,
            &self.half_close,
            &self.close,
            &self.wait,
        ];
        let verbs = Self::VERBS.into_iter().zip(values);
        verbs.filter_map(|(verb, value)| Some((verb, value.as_ref()?))).collect()
    }

    /// The other keys, each with the steps that it belongs to.
    pub(super) fn companions(&self) -> Vec<(&'static str, Range<usize>, &'static [&'static str])> {
        let mut found: Vec<(_, _, &'static [&'static str])> = Vec::new();
        found.extend(self.args.as_ref().map(|it| ("args", it.span(), &["start"][..])));
        found.extend(self.env.as_ref().map(|it| ("env", it.span(), &["start"][..])));
        found.extend(self.into.as_ref().map(|it| ("into", it.span(), &["type"][..])));
        found.extend(self.text.as_ref().map(|it| ("text", it.span(), &["wait"][..])));
        found.extend(self.code.as_ref().map(|it| ("code", it.span(), &["wait"][..])));
        found
    }
}
