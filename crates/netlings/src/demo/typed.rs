//! What somebody types into a demo: a line for one side, or a command.

use grader::text::near_match;

use crate::demo::script::{Act, Kind, Script, role_of};
use crate::words::demo as words;

/// What a typed line means.
#[derive(Debug, PartialEq)]
pub(crate) enum Typed {
    Act(Act),
    Help,
    Quit,
}

/// Reads what is typed. A line without a name goes where the last one went.
pub(crate) struct Typing<'a> {
    script: &'a Script,
    into: String,
}

impl<'a> Typing<'a> {
    pub(crate) fn new(script: &'a Script) -> Self {
        Self { script, into: script.kind.sides()[0].into() }
    }

    /// The commands, each with whom it can be about and what it does.
    pub(crate) fn commands_legend(&self) -> Vec<(String, String)> {
        let commands = self.legend().into_iter();
        let is_own = |typed: &str| typed.starts_with('/') && typed != "/help" && typed != "/quit";
        commands.filter(|(typed, _)| is_own(typed)).collect()
    }

    /// Where a line goes that begins with no name.
    pub(crate) fn goes_to(&self) -> &str {
        &self.into
    }

    /// Such a program has been started, so the next line without a name is for it, if it reads any.
    pub(crate) fn has_started(&mut self, name: &str) {
        let role = self.script.role(role_of(name));
        if !role.reads_nothing && role.per_line.is_none() {
            name.clone_into(&mut self.into);
        }
    }

    /// What `line` means, or what is wrong with it.
    pub(crate) fn read(&mut self, line: &str) -> Result<Typed, String> {
        if let Some(command) = line.strip_prefix('/') {
            return self.command(command);
        }
        let (mut into, mut line) = (self.into.clone(), line.to_owned());
        if let Some((name, rest)) = line.split_once(':') {
            let is_word = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
            match self.name(name) {
                Some(name) => {
                    into = name;
                    line = rest.strip_prefix(' ').unwrap_or(rest).into();
                }
                // `http://…` and `12:30` are texts.
                None if is_word
                    && (rest.is_empty() || rest.starts_with(' '))
                    && name.starts_with(|c: char| c.is_ascii_alphabetic()) =>
                {
                    let near = near_match(name, self.script.kind.sides());
                    return Err(words::unknown_side(name, near, &self.sides()));
                }
                None => {}
            }
        }
        if self.script.role(role_of(&into)).reads_nothing {
            return Err(words::reads_nothing(role_of(&into)));
        }
        self.into.clone_from(&into);
        Ok(Typed::Act(Act::Type { into, line }))
    }

    /// `c`, `client`, `c2`, `client 2`: the name that is meant, if one is.
    fn name(&self, typed: &str) -> Option<String> {
        let typed = typed.trim().to_lowercase();
        let word = typed.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = &typed[word.len()..];
        let word = word.trim_end();
        let mut roles = self.script.kind.sides().to_vec();
        roles.extend(self.script.kind.roles());
        let role = roles.iter().find(|role| ***role == *word || role[..1] == *word)?;
        match number {
            "" | "1" => Some((*role).into()),
            _ => Some(format!("{role} {}", number.parse::<u8>().ok()?)),
        }
    }

    fn sides(&self) -> String {
        let [left, right] = self.script.kind.sides();
        words::sides((&left[..1], left), (&right[..1], right))
    }

    fn command(&mut self, line: &str) -> Result<Typed, String> {
        let (typed, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let mut known: Vec<&str> = vec!["help", "quit"];
        known.extend(self.commands().iter().map(|(command, _)| *command));
        match typed {
            "help" | "h" | "?" => return Ok(Typed::Help),
            "quit" | "q" | "exit" => return Ok(Typed::Quit),
            _ if !known.contains(&typed) => {
                return Err(words::unknown_command(typed, near_match(typed, known)));
            }
            "new" => return self.new_one(rest),
            _ => {}
        }
        let [left, right] = self.script.kind.sides();
        let Some(name) = self.name(rest).filter(|_| !rest.is_empty()) else {
            return Err(words::whom(typed, left, right));
        };
        Ok(Typed::Act(match typed {
            "end" | "half-close" if self.script.kind != Kind::Sockets => Act::End(name),
            "kill" => Act::Kill(name),
            "reset" => Act::Reset(name),
            "lose" => Act::Lose(name),
            "connect" => Act::Connect(name),
            "accept" => Act::Accept(name),
            "half-close" => Act::HalfClose(name),
            _ => Act::Close(name),
        }))
    }

    /// `/new client --name 太白`
    fn new_one(&mut self, rest: &str) -> Result<Typed, String> {
        let mut typed = rest.split_whitespace();
        let roles = self.script.kind.roles();
        let role = typed.next().and_then(|word| self.name(word));
        let Some(role) = role.filter(|role| roles.contains(&role_of(role))) else {
            return Err(words::new_whom(roles));
        };
        let args: Vec<String> = typed.map(Into::into).collect();
        let name = role_of(&role).into();
        let args = (!args.is_empty()).then_some(args);
        Ok(Typed::Act(Act::Start { name, args, env: Default::default() }))
    }

    /// The commands of this kind of demo and what they do, without help and quit.
    fn commands(&self) -> &'static [(&'static str, &'static str)] {
        match self.script.kind {
            Kind::Tcp => &[
                ("new", words::STARTS_ONE),
                ("end", words::ENDS_INPUT),
                ("half-close", words::ENDS_INPUT),
                ("reset", words::RESETS),
                ("kill", words::KILLS),
            ],
            Kind::Udp => &[
                ("new", words::STARTS_ONE),
                ("end", words::ENDS_INPUT),
                ("lose", words::LOSES),
                ("kill", words::KILLS),
            ],
            Kind::File => {
                &[("new", words::STARTS_ONE), ("end", words::ENDS_INPUT), ("kill", words::KILLS)]
            }
            Kind::Sockets => &[
                ("connect", words::CONNECTS),
                ("accept", words::ACCEPTS),
                ("half-close", words::HALF_CLOSES),
                ("close", words::CLOSES),
            ],
        }
    }

    /// What can be typed, and what it does.
    pub(crate) fn legend(&self) -> Vec<(String, String)> {
        let kind = self.script.kind;
        let [left, right] = kind.sides();
        let mut rows = Vec::new();
        for side in [left, right] {
            let role = self.script.role(side);
            if role.reads_nothing || (kind == Kind::File && side == right) {
                continue;
            }
            let does = match role.per_line {
                _ if kind == Kind::Sockets => words::sends_from(side),
                None if kind != Kind::File => words::types_to(side),
                _ => words::starts_with_it(side),
            };
            rows.push((format!("{}: TEXT", &side[..1]), does));
        }
        match &mut rows[..] {
            // There is only one place where a line can go.
            [(typed, _)] => *typed = "TEXT".into(),
            _ => rows.push(("TEXT".into(), words::GOES_ON.into())),
        }
        let is_typed_to = |side: &str| {
            !self.script.role(side).reads_nothing && self.script.role(side).per_line.is_none()
        };
        for (command, does) in self.commands() {
            // Told once, under the word that says it best, and where there is an input to end.
            match *command {
                "end" if kind == Kind::Tcp || ![left, right].into_iter().any(is_typed_to) => {
                    continue;
                }
                _ => {}
            }
            let whom = match (kind, *command) {
                (Kind::Sockets, "accept") => right,
                (Kind::File, "new") => right,
                _ => left,
            };
            rows.push((format!("/{command} {whom}"), (*does).into()));
        }
        rows.push(("/help".into(), words::HELPS.into()));
        rows.push(("/quit".into(), words::QUITS.into()));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grader::text::Text;

    fn script(kind: &str, roles: &str) -> Script {
        let sides = if kind == "file" { "recv" } else { "server" };
        let start = if kind == "sockets" { "listen" } else { "start" };
        let content = format!("kind = \"{kind}\"\n{roles}\n[[step]]\n{start} = \"{sides}\"\n");
        Script::parse(Text { path: "demo.toml".into(), content }).unwrap()
    }

    fn types(into: &str, line: &str) -> Result<Typed, String> {
        Ok(Typed::Act(Act::Type { into: into.into(), line: line.into() }))
    }

    #[test]
    fn a_line_goes_to_the_side_it_names_and_else_where_the_last_one_went() {
        let script = script("tcp", "");
        let mut typing = Typing::new(&script);
        assert_eq!(typing.read("hello"), types("client", "hello"));
        assert_eq!(typing.read("s: hi: there"), types("server", "hi: there"));
        assert_eq!(typing.read("again"), types("server", "again"));
        assert_eq!(typing.read("client 2:  x"), types("client 2", " x"));
        assert_eq!(typing.read("C2:x"), types("client 2", "x"));
        assert_eq!(typing.read("client:"), types("client", ""));
        for text in ["http://x", "12:30", "a b: c", ": x", "好: 吗"] {
            assert_eq!(typing.read(text), types("client", text));
        }
        assert_eq!(typing.read("c: /quit"), types("client", "/quit"));
    }

    #[test]
    fn a_program_that_was_started_gets_the_next_line_if_it_reads_any() {
        let tcp = script("tcp", "");
        let mut typing = Typing::new(&tcp);
        typing.has_started("client 2");
        assert_eq!(typing.goes_to(), "client 2");
        assert_eq!(typing.read("hello"), types("client 2", "hello"));
        let deaf = script("tcp", "[role.client]\nreads_nothing = true\n");
        let mut typing = Typing::new(&deaf);
        typing.read("s: hi").unwrap();
        typing.has_started("client 2");
        assert_eq!(typing.goes_to(), "server");
    }

    #[test]
    fn an_unknown_side_or_command_is_refused_and_the_near_one_is_named() {
        let script = script("tcp", "[role.server]\nreads_nothing = true\n");
        let mut typing = Typing::new(&script);
        assert!(typing.read("servre: hi").unwrap_err().contains("Did you mean `server:`?"));
        assert!(typing.read("x: hi").unwrap_err().contains("`c:` is the client"));
        assert!(typing.read("s: hi").unwrap_err().contains("reads nothing"));
        assert!(typing.read("/kil c").unwrap_err().contains("Did you mean /kill?"));
        assert!(typing.read("/kill").unwrap_err().contains("/kill client or /kill server"));
        assert!(typing.read("/lose c").unwrap_err().contains("no command /lose"));
        assert!(typing.read("/new").unwrap_err().contains("/new client"));
    }

    #[test]
    fn commands_are_acts_on_somebody() {
        let tcp = script("tcp", "");
        let mut typing = Typing::new(&tcp);
        let act = |typed: Result<Typed, String>| match typed {
            Ok(Typed::Act(act)) => act,
            other => panic!("{other:?}"),
        };
        assert_eq!(act(typing.read("/half-close c")), Act::End("client".into()));
        assert_eq!(act(typing.read("/kill client 2")), Act::Kill("client 2".into()));
        let started = act(typing.read("/new client --name 太白"));
        let args = Some(vec!["--name".into(), "太白".into()]);
        let name = "client".into();
        assert_eq!(started, Act::Start { name, args, env: Default::default() });
        assert_eq!(typing.read("/quit"), Ok(Typed::Quit));
        let sockets = script("sockets", "");
        let mut typing = Typing::new(&sockets);
        assert_eq!(act(typing.read("/half-close s")), Act::HalfClose("server".into()));
        let file = script("file", "");
        let mut typing = Typing::new(&file);
        assert!(matches!(act(typing.read("/new r")), Act::Start { name, .. } if name == "recv"));
        for script in [&tcp, &sockets, &file] {
            let legend = Typing::new(script).legend();
            assert!(legend.iter().all(|(head, does)| head.len() <= 20 && !does.is_empty()));
        }
    }
}
