//! A conversation on the stage: what plays there, and what becomes of what somebody wants.

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use grader::Subject;
use grader::ladder::Row;

use super::{Boards, Mode, Stage, Wish};
use crate::demo::scene::{Problem, Scene};
use crate::demo::script::{Act, Kind, Script, role_of};
use crate::demo::typed::{Typed, Typing};
use crate::demo::view::View;
use crate::demo::{self, GAP_OF_TYPING, stop};
use crate::ending::Stop;
use crate::learn::keys::Keys;
use crate::learn::terminal::Taken;
use crate::words::stage as words;

/// So often one looks for what no event tells.
const SOON: Duration = Duration::from_millis(200);
/// As good as never.
const LATER: Duration = Duration::from_secs(3600);

/// What is shown.
pub(crate) struct Show<'a> {
    pub(crate) script: &'a Script,
    pub(crate) subject: &'a Subject,
    pub(crate) title: &'a str,
    /// Whose programs these are, in words.
    pub(crate) whose: &'static str,
    pub(crate) color: bool,
    /// How fast the script plays, where it does.
    pub(crate) speed: Option<f64>,
    /// It is for a class: what happens is explained, and at a pace that eyes can follow.
    pub(crate) is_lesson: bool,
    /// Whether the programs were changed since they were built.
    pub(crate) is_changed: &'a dyn Fn() -> bool,
    /// They were, and are wanted anew: they are to be built first.
    pub(crate) is_outdated: Cell<bool>,
}

/// What is left when it is over.
pub(crate) struct Shown {
    pub(crate) rows: Vec<Row>,
    /// The terminal is gone.
    pub(crate) is_gone: bool,
    /// A SIGINT has ended it, and is meant for all of this process.
    pub(crate) is_interrupted: bool,
    pub(crate) ended: Result<(), Stop>,
}

impl Show<'_> {
    /// Shows it until somebody leaves. No program runs afterwards.
    pub(crate) fn run(&self, terminal: &mut Taken, keys: &Keys) -> Shown {
        let mut typing = Typing::new(self.script);
        let legend = typing.commands_legend();
        let title = self.title.to_owned();
        let mut boards = Boards::new(self.script, title, self.whose, legend, self.color);
        if self.speed.is_some() {
            boards.turns_to(Mode::Script);
        }
        let stage = Stage::new(terminal, keys, boards);
        let view = View::on_stage(stage, self.script.kind.sides());
        let explains = self.is_lesson && self.speed.is_none();
        let mut scene = match Scene::new(self.script, self.subject, view, explains) {
            Ok(scene) => scene,
            Err(problem) => {
                let ended = Err(stop(problem));
                return Shown { rows: Vec::new(), is_gone: false, is_interrupted: false, ended };
            }
        };
        let interrupted = scene.ends_at_an_interrupt();
        let played = keys.told_to(scene.ear(), || {
            // Not before: whoever sees the stage types to it.
            if let Some(stage) = &mut scene.view.stage {
                stage.draw();
            }
            self.play(&mut scene, &mut typing)
        });
        let is_gone = scene.view.stage.as_ref().is_some_and(|stage| stage.is_gone());
        let ended = scene.end().map_err(stop);
        let is_interrupted = interrupted.load(Ordering::SeqCst);
        Shown { rows: scene.view.rows(), is_gone, is_interrupted, ended: played.and(ended) }
    }

    fn play(&self, scene: &mut Scene<'_>, typing: &mut Typing<'_>) -> Result<(), Stop> {
        if let Some(speed) = self.speed {
            scene.gap = demo::gap_of_script(speed);
            if let Err(stop) = demo::play(scene, self.script, speed) {
                // It can still be seen how far it came.
                scene.view.remark("", &stop.words);
                while !scene.interrupted {
                    scene.handle_queue();
                    scene.receive(Instant::now() + LATER);
                }
                return Err(stop);
            }
            if let Some(stage) = &mut scene.view.stage {
                stage.changes().turns_to(Mode::Typing);
            }
            scene.view.remark("", words::SCRIPT_IS_OVER);
        } else if let Err(problem) = demo::begin(scene, self.script) {
            self.says(scene, problem)?;
        }
        scene.gap = if self.is_lesson { GAP_OF_TYPING } else { Duration::ZERO };
        loop {
            scene.handle_queue();
            if scene.interrupted {
                return Ok(());
            }
            if let Some(wish) = scene.wishes.pop_front() {
                self.does(scene, typing, wish)?;
                continue;
            }
            let soon = scene.view.has_crowd() || self.script.kind == Kind::File;
            if !scene.receive(Instant::now() + if soon { SOON } else { LATER }) {
                scene.quiet_moment();
            }
        }
    }

    fn does(&self, scene: &mut Scene<'_>, typing: &mut Typing<'_>, wish: Wish) -> Result<(), Stop> {
        let has_sockets = self.script.kind == Kind::Sockets;
        match wish {
            Wish::Line { into, line } => match line.strip_prefix('/') {
                None => demo::act_on(scene, typing, Act::Type { into, line }),
                Some(rest) if rest.starts_with('/') => {
                    demo::act_on(scene, typing, Act::Type { into, line: rest.into() })
                }
                Some(_) => self.commands(scene, typing, &line),
            },
            Wish::End(name) if has_sockets => demo::act_on(scene, typing, Act::HalfClose(name)),
            Wish::End(name) => demo::act_on(scene, typing, Act::End(name)),
            Wish::Kill(name) if has_sockets => demo::act_on(scene, typing, Act::Close(name)),
            Wish::Kill(name) => demo::act_on(scene, typing, Act::Kill(name)),
            Wish::New(role) => self.commands(scene, typing, &format!("/new {role}")),
            Wish::Restart(_) if (self.is_changed)() => {
                self.is_outdated.set(true);
                scene.interrupted = true;
                Ok(())
            }
            Wish::Restart(name) => {
                let name = if has_sockets { "watch".into() } else { name };
                self.restarts(scene, name)
            }
            Wish::GoOn | Wish::Leave | Wish::Sleep => Ok(()),
        }
    }

    fn commands(
        &self,
        scene: &mut Scene<'_>,
        typing: &mut Typing<'_>,
        line: &str,
    ) -> Result<(), Stop> {
        match typing.read(line) {
            Ok(Typed::Act(act)) => demo::act_on(scene, typing, act)?,
            Ok(Typed::Quit) => scene.interrupted = true,
            Ok(Typed::Help) => {
                if let Some(stage) = &mut scene.view.stage {
                    stage.changes().opens_help();
                }
            }
            Err(words) => scene.view.remark("", &words),
        }
        Ok(())
    }

    /// Ends a program where it runs, and starts it as it was started before.
    fn restarts(&self, scene: &mut Scene<'_>, name: String) -> Result<(), Stop> {
        if self.script.role(role_of(&name)).per_line.is_some() {
            scene.view.remark("", words::LINES_START_IT);
            return Ok(());
        }
        let kill = Act::Kill(name.clone());
        if scene.programs.runs(&name)
            && let Err(problem) = scene.perform(&kill)
        {
            return self.says(scene, problem);
        }
        let args = scene.args.get(&name).cloned();
        let start = Act::Start { name, args, env: Default::default() };
        match scene.perform(&start) {
            Ok(()) => Ok(()),
            Err(problem) => self.says(scene, problem),
        }
    }

    /// Says what cannot be done; only the machine's trouble ends it all.
    fn says(&self, scene: &mut Scene<'_>, problem: Problem) -> Result<(), Stop> {
        match problem {
            Problem::Words(words) => scene.view.remark("", &words),
            Problem::Interrupted => {}
            Problem::Machine(_) => return Err(stop(problem)),
        }
        Ok(())
    }
}
