//! What somebody who types, or a script, has a lesson's programs do.

use std::collections::BTreeMap;

use super::Lesson;
use super::cast::side_of;
use crate::demo::programs::Line;
use crate::demo::scene::Problem;
use crate::demo::script::{Act, Kind, role_of};
use crate::ending::Stop;
use crate::trace::scenario::{Kind as FrameKind, Side};
use crate::trace::words;
use crate::words::demo as demo_words;

impl Lesson<'_> {
    pub(super) fn perform(&mut self, act: &Act) -> Result<(), Problem> {
        match act {
            Act::Type { into, line } => {
                if self.script.role(role_of(into)).per_line.is_none() {
                    self.cast.programs.running(into)?;
                    let typed = grader::quoted_start(format!("{line}\n").as_bytes(), 256);
                    self.show_act(into, "type", &words::is_typed(&typed));
                }
                match self.cast.type_line(into, line)? {
                    Line::Typed => self.signs.acts(into),
                    Line::Starts { name, args } => {
                        self.start(&name, Some(&args), &BTreeMap::new())?;
                    }
                }
                Ok(())
            }
            Act::Start { name, args, env } => self.start(name, args.as_deref(), env),
            Act::End(name) => {
                self.cast.programs.running(name)?;
                self.show_act(name, "end-input", words::INPUT_ENDS);
                self.cast.programs.running(name)?.close_stdin();
                Ok(())
            }
            Act::Kill(name) => Ok(self.cast.programs.running(name)?.kill()?),
            Act::Reset(name) => self.reset(name),
            Act::Lose(name) => {
                self.play.lose_next(side_of(name), FrameKind::Datagram);
                Ok(())
            }
            _ => Err(Problem::Words(words::NOT_HERE.into())),
        }
    }

    pub(super) fn start(
        &mut self,
        name: &str,
        args: Option<&[String]>,
        env: &BTreeMap<String, String>,
    ) -> Result<(), Problem> {
        self.cast.start(name, args, env)?;
        self.signs.starts(name);
        if side_of(name) == Side::Bob {
            // It listens.
            self.tell();
            return self.play.show_states().map_err(|stop: Stop| Problem::Machine(stop.words));
        }
        // It calls, or ends, however long it takes to start; only then is the next line typed.
        self.awaited = self.script.kind == Kind::Tcp;
        Ok(())
    }

    /// Has the kernel break off what connections that side has; its RST crosses the wire.
    fn reset(&mut self, name: &str) -> Result<(), Problem> {
        let host = &self.lab.hosts()[side_of(name).place()];
        let machine = |error: std::io::Error| Problem::Machine(words::stopped(&error));
        let mut sockets = host.tcp_states().map_err(machine)?;
        sockets.retain(|socket| {
            ![wirelab::TcpState::Listen, wirelab::TcpState::TimeWait].contains(&socket.state)
        });
        match &sockets[..] {
            [] => Err(Problem::Words(demo_words::NO_CONNECTION.into())),
            [socket] => {
                self.has_done(side_of(name), "reset", words::LAB_RESETS, self.lab.wire().now());
                host.destroy(socket).map_err(machine)?;
                self.play.view.act(side_of(name), words::LAB_RESETS);
                Ok(())
            }
            several => Err(Problem::Words(words::which_connection(name, several.len()))),
        }
    }
}
