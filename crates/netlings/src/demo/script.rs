//! A lesson's `exercises/<lesson>/demo.toml`: how it is shown, and its prepared conversation.
//!
//! ```toml
//! kind = "tcp"                    # what stands between the two: tcp, udp, file or sockets
//!
//! [role.client]                   # what is not as usual with a role
//! args = ["--name", "alex"]       # it is started with these
//! per_line = ["{line}"]           # each line typed starts it once, with these
//! reads_nothing = true            # its input is not for typing
//!
//! [[step]]
//! say = "The server waits."       # the narrator; pauses at reading speed
//! [[step]]
//! start = "client 2"              # a role, with a number from the second on
//! args = ["--name", "太白"]       # instead of the role's own
//! env = { TZ = "UTC" }
//! [[step]]
//! type = "hello"                  # a line
//! into = "client"
//! [[step]]
//! wait = "server sends"           # connects, sends, loses, prints, complains, closes, resets, exits, is
//! text = "hello"                  # sends, prints, complains: a part of it; exits: `code = 0`
//! ```
//!
//! In `args`, `{patience 0.4}` is a time limit of the program's own, in seconds: longer in a trace
//! where packets are held up for somebody to see.
//!
//! Further steps, each with a name: `end` (its input), `kill`, `reset` (its connection, tcp), `lose`
//! (its next datagram, udp); for sockets `listen`, `connect`, `accept`, `half_close` and `close`.

mod act;
mod form;
mod kind;
mod patience;
mod play;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use grader::text::{Text, TextError, near_match};
use serde::Deserialize;
use toml::Spanned;

pub(crate) use self::act::{Act, Awaited, Sign};
use self::form::{Entry, File};
use self::kind::is_name;
pub(crate) use self::kind::{Kind, role_of};
pub(crate) use self::play::{Broken, Player};
use crate::words::demo as words;

/// A lesson's demo.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) kind: Kind,
    roles: BTreeMap<String, Role>,
    pub(crate) steps: Vec<Step>,
    text: Text,
}

/// What is not as usual with a role.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Role {
    /// What it is started with.
    #[serde(default)]
    pub(crate) args: Vec<String>,
    /// Each line typed starts it once, with these, `{line}` replaced by the line.
    pub(crate) per_line: Option<Vec<String>>,
    /// It does not read its input.
    #[serde(default)]
    pub(crate) reads_nothing: bool,
}

/// A step of the prepared conversation.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) act: Act,
    at: Range<usize>,
}

impl Script {
    /// Reads `demo.toml` in the lesson's folder.
    pub(crate) fn load(exercise: &Path) -> Result<Self, TextError> {
        Self::load_for(exercise, Duration::ZERO)
    }

    /// The same for a play in which each program is to wait so much longer than it says there.
    pub(crate) fn load_for(exercise: &Path, longer: Duration) -> Result<Self, TextError> {
        let script = Self::parse(Text::read(exercise.join("demo.toml"))?)?;
        Ok(script.with_patience(longer))
    }

    pub(crate) fn parse(text: Text) -> Result<Self, TextError> {
        let file: File = text.toml()?;
        for (name, role) in &file.role {
            role_is_right(&text, file.kind, name, role)?;
        }
        let roles = file.role.into_iter().map(|(name, role)| (name, role.into_inner()));
        let mut script =
            Script { kind: file.kind, roles: roles.collect(), steps: Vec::new(), text };
        let mut known = Known::default();
        for entry in file.step {
            let step = script.step(&entry, &mut known)?;
            script.steps.push(step);
        }
        if script.steps.is_empty() {
            return Err(script.text.wrong_at(&(0..0), words::NO_STEPS, words::ADD_STEPS));
        }
        Ok(script)
    }

    /// For a play in which packets are held up: each program that waits by its own clock waits so
    /// much longer.
    fn with_patience(mut self, longer: Duration) -> Self {
        for role in self.roles.values_mut() {
            let all = role.args.iter_mut().chain(role.per_line.iter_mut().flatten());
            all.for_each(|word| *word = patience::filled_in(word, longer));
        }
        for step in &mut self.steps {
            if let Act::Start { args: Some(args), .. } = &mut step.act {
                args.iter_mut().for_each(|word| *word = patience::filled_in(word, longer));
            }
        }
        self
    }

    /// How `role` is started and typed to.
    pub(crate) fn role(&self, role: &str) -> Role {
        self.roles.get(role).cloned().unwrap_or_default()
    }

    /// An error at a step.
    pub(crate) fn wrong_step(&self, step: &Step, problem: &str) -> TextError {
        self.text.wrong_at(&step.at, problem, words::MEND_STEP)
    }

    fn step(&self, entry: &Spanned<Entry>, known: &mut Known) -> Result<Step, TextError> {
        let it = entry.get_ref();
        let verbs = it.verbs();
        let [(verb, value)] = &verbs[..] else {
            let fix = words::step_fix(Entry::VERBS);
            return match verbs.get(1) {
                Some((_, second)) => Err(self.text.wrong_at(&second.span(), words::TWO_STEPS, fix)),
                None => Err(self.text.wrong_at(&entry.span(), words::EMPTY_STEP, fix)),
            };
        };
        let at = value.span();
        let wrong = |problem: String, fix: &str| self.text.wrong_at(&at, problem, fix);
        for (key, span, belongs_to) in it.companions() {
            if !belongs_to.contains(verb) {
                let problem = words::key_is_of_another_step(key, verb);
                return Err(self.text.wrong_at(&span, problem, words::LEAVE_OUT));
            }
        }
        if let Some(args) = &it.args {
            patience_is_right(&self.text, &args.span(), args.get_ref())?;
        }
        if !self.kind.verbs().contains(verb) {
            return Err(wrong(words::not_in_this_kind(verb), &words::verbs(self.kind.verbs())));
        }
        let word = value.get_ref().clone();
        if word.trim().is_empty() && *verb != "type" {
            return Err(wrong(words::EMPTY_TEXT.into(), words::WRITE_SOMETHING));
        }
        let act = match *verb {
            "say" => Act::Say(word.split_whitespace().collect::<Vec<_>>().join(" ")),
            "wait" => Act::Wait(self.awaited(value, it)?),
            "type" => {
                let Some(into) = &it.into else {
                    return Err(wrong(words::TYPED_WHERE.into(), words::ADD_INTO));
                };
                if word.contains(['\n', '\r']) {
                    return Err(wrong(words::TWO_LINES.into(), words::ONE_LINE));
                }
                self.name_is_right(into)?;
                Act::Type { into: into.get_ref().clone(), line: word }
            }
            verb => {
                self.name_is_right(value)?;
                match verb {
                    "start" => Act::Start {
                        name: word,
                        args: it.args.as_ref().map(|args| args.get_ref().clone()),
                        env: it.env.as_ref().map(|env| env.get_ref().clone()).unwrap_or_default(),
                    },
                    "end" => Act::End(word),
                    "kill" => Act::Kill(word),
                    "reset" => Act::Reset(word),
                    "lose" => Act::Lose(word),
                    "listen" => Act::Listen(word),
                    "connect" => Act::Connect(word),
                    "accept" => Act::Accept(word),
                    "half_close" => Act::HalfClose(word),
                    _ => Act::Close(word),
                }
            }
        };
        let about = match &act {
            Act::Wait(awaited) => Some(awaited.who.as_str()),
            Act::Type { into, .. } => Some(into.as_str()),
            Act::End(name) | Act::Kill(name) | Act::Reset(name) => Some(name.as_str()),
            _ => None,
        };
        known.take(&act, self);
        match about {
            Some(name) if !known.has(name, self.kind) => {
                Err(wrong(words::not_started(name), &words::start_first(name)))
            }
            _ => Ok(Step { act, at }),
        }
    }

    fn awaited(&self, value: &Spanned<String>, entry: &Entry) -> Result<Awaited, TextError> {
        let wrong =
            |problem: String, fix: &str| Err(self.text.wrong_at(&value.span(), problem, fix));
        let known = || Sign::ALL.iter().map(|(word, _)| *word);
        let Some((who, word)) = value.get_ref().trim().rsplit_once(' ') else {
            return wrong(words::WAITS_FOR_NOTHING.into(), &words::wait_fix(known()));
        };
        let Some((_, sign)) = Sign::ALL.iter().find(|(it, _)| *it == word) else {
            let fix = match near_match(word, known()) {
                Some(near) => words::did_you_mean(near),
                None => words::wait_fix(known()),
            };
            return wrong(words::no_such_sign(word), &fix);
        };
        let mut names = self.kind.sides().to_vec();
        names.extend(self.kind.roles());
        if let Err(fix) = is_name(who, &names) {
            return wrong(words::no_such_role(who), &fix);
        }
        if let Some(text) = entry.text.as_ref().filter(|_| !sign.has_text()) {
            let problem = words::sign_without_text(word);
            return Err(self.text.wrong_at(&text.span(), problem, words::LEAVE_OUT));
        }
        if let Some(code) = entry.code.as_ref().filter(|_| *sign != Sign::Exits) {
            let problem = words::SIGN_WITHOUT_CODE;
            return Err(self.text.wrong_at(&code.span(), problem, words::LEAVE_OUT));
        }
        Ok(Awaited {
            who: who.into(),
            sign: *sign,
            text: entry.text.as_ref().map(|text| text.get_ref().clone()),
            code: entry.code.as_ref().map(|code| *code.get_ref()),
        })
    }

    fn name_is_right(&self, name: &Spanned<String>) -> Result<(), TextError> {
        let mut names = self.kind.sides().to_vec();
        names.extend(self.kind.roles());
        is_name(name.get_ref(), &names).map_err(|fix| {
            self.text.wrong_at(&name.span(), words::no_such_role(name.get_ref()), fix)
        })
    }
}

fn patience_is_right(text: &Text, at: &Range<usize>, args: &[String]) -> Result<(), TextError> {
    match args.iter().any(|word| patience::seconds(word) == Some(Err(()))) {
        true => Err(text.wrong_at(at, words::NO_PATIENCE, words::WRITE_PATIENCE)),
        false => Ok(()),
    }
}

fn role_is_right(
    text: &Text,
    kind: Kind,
    name: &str,
    role: &Spanned<Role>,
) -> Result<(), TextError> {
    if !kind.roles().contains(&name) {
        let fix = words::names(kind.roles());
        return Err(text.wrong_at(&role.span(), words::no_such_role(name), fix));
    }
    let has_line = |args: &Vec<String>| args.iter().any(|word| word.contains("{line}"));
    if role.get_ref().per_line.as_ref().is_some_and(|args| !has_line(args)) {
        return Err(text.wrong_at(&role.span(), words::NO_LINE, words::ADD_LINE));
    }
    let per_line = role.get_ref().per_line.iter().flatten();
    let args: Vec<String> = role.get_ref().args.iter().chain(per_line).cloned().collect();
    patience_is_right(text, &role.span(), &args)
}

/// Who has been started by the steps so far.
#[derive(Default)]
struct Known(Vec<String>);

impl Known {
    fn take(&mut self, act: &Act, script: &Script) {
        match act {
            Act::Start { name, .. } => self.0.push(name.clone()),
            Act::Type { into, .. } if script.role(role_of(into)).per_line.is_some() => {
                self.0.push(into.clone());
            }
            _ => {}
        }
    }

    fn has(&self, name: &str, kind: Kind) -> bool {
        // The two sockets are the demo's own.
        let is_socket = kind == Kind::Sockets && kind.sides().contains(&name);
        is_socket || self.0.iter().any(|it| it == name)
    }
}

#[cfg(test)]
mod tests;
