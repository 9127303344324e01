//! Random histories of the scheduler, with faults, held against its invariants.
//!
//! Each comes from a seed alone. `SIMULATION_SEED=7 cargo test -p samlet-lambda
//! simulation` repeats the one that failed, step by step; `SIMULATIONS=1000000`
//! tries more of them.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::{Action, EnvironmentId, MAX_BEHIND, PATIENCE, SURPLUS, Scheduler, Ticket};

/// Histories of a test run, and the steps of each before it is let come to rest.
const HISTORIES: u64 = 20_000;
const STEPS: usize = 150;

/// How long an environment idles before it is ended.
const IDLE_LIMIT: Duration = Duration::from_secs(600);

/// A job's number.
type Job = usize;

/// What an execution environment is doing; it learns of what it is told a
/// moment later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Starting,
    Idling,
    /// A job is on its way to it.
    Assigned(Job),
    ToldToStop,
    Running(Job),
    /// It has answered and asks for more soon, or, when overdue, later.
    Finishing {
        is_overdue: bool,
    },
}

#[derive(Debug)]
struct Environment {
    function: usize,
    doing: Doing,
    /// When it began to do that.
    since: Instant,
    is_retired: bool,
}

/// What became of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Waiting(Ticket),
    /// An environment has it.
    Taken,
    Answered,
    /// It waited too long, and its caller was told so.
    Withdrawn,
    /// There was no room for it.
    Refused,
}

struct Simulation {
    random: fastrand::Rng,
    scheduler: Scheduler<Job>,
    functions: usize,
    max_environments: usize,
    max_waiting: usize,
    /// How long a step may take at most, in ms.
    pace: u64,
    now: Instant,
    environments: BTreeMap<EnvironmentId, Environment>,
    /// Each with its function.
    jobs: Vec<(usize, Fate)>,
    /// When each was submitted.
    submitted: Vec<Instant>,
    /// For who reads what went wrong.
    history: Vec<String>,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let functions = random.usize(1..=4);
        let max_environments = random.usize(1..=6);
        let max_waiting = random.usize(0..=8);
        // At some, jobs wait in vain; at others, hardly one does.
        let pace = [5, 50, 2000][random.usize(0..3)];
        let mut scheduler = Scheduler::new(max_environments, max_waiting);
        for _ in 0..functions {
            scheduler.add_function();
        }
        Self {
            random,
            scheduler,
            functions,
            max_environments,
            max_waiting,
            pace,
            now: Instant::now(),
            environments: BTreeMap::new(),
            jobs: Vec::new(),
            submitted: Vec::new(),
            history: Vec::new(),
        }
    }

    /// A whole history: anything may happen, and then things come to rest.
    fn run(&mut self) {
        for _ in 0..STEPS {
            self.now += Duration::from_millis(self.random.u64(0..self.pace));
            self.hurry();
            match self.random.u8(0..100) {
                0..40 => self.submit(),
                40..44 => self.withdraw(),
                44..47 => self.retire(),
                47..50 => self.expire(),
                _ => self.let_one_go_on(true),
            }
            self.check();
        }
        // No more calls and no more faults: whatever waits is served.
        self.now += PATIENCE;
        self.hurry();
        while self.environments.values().any(|e| e.doing != Doing::Idling) {
            self.let_one_go_on(false);
            self.check();
        }
        assert_eq!(self.waiting(None), 0, "a job waits for ever");
        for (_, fate) in &self.jobs {
            let is_over = matches!(fate, Fate::Answered | Fate::Withdrawn | Fate::Refused);
            assert!(is_over, "a job was lost");
        }
    }

    fn note(&mut self, what: String) {
        self.history.push(what);
    }

    fn submit(&mut self) {
        let function = self.random.usize(0..self.functions);
        let job = self.jobs.len();
        self.note(format!("job {job} for function {function}"));
        self.submitted.push(self.now);
        match self.scheduler.submit(function, job, self.now) {
            Ok((ticket, action)) => {
                self.jobs.push((function, Fate::Waiting(ticket)));
                self.act(action);
            }
            Err(refused) => {
                assert_eq!(refused, job);
                assert!(
                    self.waiting(None) >= self.max_waiting || self.is_behind(function),
                    "refused with room left"
                );
                self.jobs.push((function, Fate::Refused));
            }
        }
    }

    /// Whether a function has waited too long for an environment, with none to come.
    fn is_behind(&self, function: usize) -> bool {
        let jobs = self.jobs.iter().zip(&self.submitted);
        let mut waiting =
            jobs.filter(|((of, fate), _)| *of == function && matches!(fate, Fate::Waiting(_)));
        let longest = waiting.next().map(|(_, since)| *since);
        self.environments.len() == self.max_environments
            && self.lacking(function) > 0
            && longest.is_some_and(|since| self.now - since >= MAX_BEHIND)
    }

    /// A caller waits no longer.
    fn withdraw(&mut self) {
        let waiting = self.jobs.iter().enumerate();
        let waiting = waiting.filter_map(|(job, (function, fate))| match fate {
            Fate::Waiting(ticket) => Some((job, *function, *ticket)),
            _ => None,
        });
        let waiting: Vec<_> = waiting.collect();
        let Some((job, function, ticket)) = self.random.choice(waiting) else {
            return;
        };
        self.note(format!("job {job} is withdrawn"));
        assert_eq!(self.scheduler.withdraw(function, ticket), Some(job));
        self.jobs[job].1 = Fate::Withdrawn;
        assert_eq!(self.scheduler.withdraw(function, ticket), None);
    }

    /// Those that have waited patiently have done so for long enough.
    fn hurry(&mut self) {
        let actions = self.scheduler.hurry(self.now);
        self.act(actions);
    }

    /// A function is updated.
    fn retire(&mut self) {
        let function = self.random.usize(0..self.functions);
        self.note(format!("function {function} is updated"));
        for environment in self.environments.values_mut() {
            environment.is_retired |= environment.function == function;
        }
        let actions = self.scheduler.retire(function, self.now);
        self.act(actions);
    }

    fn expire(&mut self) {
        self.now += IDLE_LIMIT / 2;
        self.hurry();
        self.note("idle environments are looked over".to_owned());
        let actions = self.scheduler.expire(self.now, IDLE_LIMIT);
        self.act(actions);
    }

    /// Some environment does what it does next, or, with faults, fails at it.
    fn let_one_go_on(&mut self, faults: bool) {
        let can_go_on = self.environments.iter();
        let can_go_on = can_go_on
            .filter(|(_, environment)| faults || environment.doing != Doing::Idling)
            .map(|(id, _)| *id);
        let can_go_on: Vec<EnvironmentId> = can_go_on.collect();
        let Some(id) = self.random.choice(can_go_on) else {
            return;
        };
        let fails = faults && self.random.u8(0..10) == 0;
        let Environment {
            function, doing, ..
        } = self.environments[&id];
        self.note(format!("{id} of {function}, {doing:?}, fails: {fails}"));
        match doing {
            Doing::Starting if fails => match self.scheduler.start_failed(function, id) {
                Some(job) => self.take(id, job),
                None => self.end(id),
            },
            Doing::Starting => {
                self.set(id, Doing::Idling);
                let action = self.scheduler.started(function, id, self.now);
                self.act(action);
            }
            Doing::Idling if fails => {
                assert!(self.scheduler.withdraw_idle(function, id));
                self.end(id);
            }
            Doing::Idling => {}
            Doing::Assigned(job) => {
                if fails {
                    // Its process is gone, but the job is on its way already.
                    assert!(!self.scheduler.withdraw_idle(function, id));
                }
                self.set(id, Doing::Running(job));
            }
            Doing::ToldToStop => {
                assert!(!self.scheduler.withdraw_idle(function, id));
                self.end(id);
            }
            Doing::Running(job) => {
                assert_eq!(self.jobs[job].1, Fate::Taken, "answered twice");
                self.jobs[job].1 = Fate::Answered;
                if fails {
                    self.end(id);
                } else {
                    self.set(id, Doing::Finishing { is_overdue: false });
                    self.scheduler.finishing(function, id);
                }
            }
            Doing::Finishing { .. } if fails => self.end(id),
            Doing::Finishing { is_overdue: false } if self.random.bool() => {
                self.set(id, Doing::Finishing { is_overdue: true });
                let action = self.scheduler.overdue(function, id, self.now);
                self.act(action);
            }
            Doing::Finishing { .. } => {
                self.set(id, Doing::Idling);
                let action = self.scheduler.freed(function, id, self.now);
                self.act(action);
            }
        }
    }

    fn set(&mut self, id: EnvironmentId, doing: Doing) {
        let environment = self.environments.get_mut(&id).unwrap();
        (environment.doing, environment.since) = (doing, self.now);
    }

    /// An environment has a job now.
    fn take(&mut self, id: EnvironmentId, job: Job) {
        let environment = &self.environments[&id];
        assert!(
            !environment.is_retired,
            "a retired environment was given a job"
        );
        let (function, fate) = self.jobs[job];
        assert_eq!(
            environment.function, function,
            "the job is another function's"
        );
        assert!(
            matches!(fate, Fate::Waiting(_)),
            "the job was given away already"
        );
        self.jobs[job].1 = Fate::Taken;
        self.set(id, Doing::Running(job));
    }

    fn end(&mut self, id: EnvironmentId) {
        let Environment { function, .. } = self.environments.remove(&id).unwrap();
        let actions = self.scheduler.ended(function, id, self.now);
        self.act(actions);
    }

    fn act(&mut self, actions: impl IntoIterator<Item = Action<Job>>) {
        for action in actions {
            self.note(format!("  {action:?}"));
            match action {
                Action::Start {
                    function,
                    environment,
                } => {
                    let new = Environment {
                        function,
                        doing: Doing::Starting,
                        since: self.now,
                        is_retired: false,
                    };
                    let before = self.environments.insert(environment, new);
                    assert!(before.is_none(), "two environments have one id");
                }
                Action::Run { environment, job } => {
                    let doing = self.environments[&environment].doing;
                    assert_eq!(doing, Doing::Idling, "it has something else to do");
                    self.take(environment, job);
                    self.set(environment, Doing::Assigned(job));
                }
                Action::Stop { environment } => {
                    let doing = self.environments[&environment].doing;
                    assert_eq!(doing, Doing::Idling, "it was stopped at its work");
                    self.set(environment, Doing::ToldToStop);
                }
            }
        }
    }

    /// Jobs that wait: a function's, or all.
    fn waiting(&self, function: Option<usize>) -> usize {
        let waiting = self.jobs.iter().filter(|(of, fate)| {
            matches!(fate, Fate::Waiting(_)) && function.is_none_or(|function| *of == function)
        });
        waiting.count()
    }

    /// A function's environments that start or are about to be free.
    fn coming(&self, function: usize) -> usize {
        let comes = self.current(function).filter(|environment| {
            matches!(
                environment.doing,
                Doing::Starting | Doing::Finishing { is_overdue: false }
            )
        });
        comes.count()
    }

    /// A function's environments that go on.
    fn current(&self, function: usize) -> impl Iterator<Item = &Environment> {
        self.environments.values().filter(move |environment| {
            let goes_on = environment.doing != Doing::ToldToStop && !environment.is_retired;
            environment.function == function && goes_on
        })
    }

    /// Jobs of a function for which no environment is to come.
    fn lacking(&self, function: usize) -> usize {
        self.waiting(Some(function))
            .saturating_sub(self.coming(function))
    }

    /// For how many of them another function's environment may be ended.
    fn claims(&self, function: usize) -> usize {
        let jobs = self.jobs.iter().zip(&self.submitted);
        let patient = jobs.filter(|((of, fate), since)| {
            let waits = *of == function && matches!(fate, Fate::Waiting(_));
            waits && self.now - **since >= PATIENCE
        });
        let patient = patient.count().saturating_sub(self.coming(function));
        patient.max(usize::from(self.has_none(function)))
    }

    /// Whether jobs wait for the first of a function's environments.
    fn has_none(&self, function: usize) -> bool {
        self.lacking(function) > 0 && self.current(function).next().is_none()
    }

    /// What holds after each step.
    fn check(&self) {
        assert_eq!(self.scheduler.environments(), self.environments.len());
        assert!(
            self.environments.len() <= self.max_environments,
            "too many environments"
        );
        // One more than may wait: it was admitted for an environment that then failed.
        assert!(
            self.waiting(None) <= self.max_waiting.max(1),
            "too many wait"
        );
        for environment in self.environments.values() {
            if environment.doing == Doing::Idling {
                let function = environment.function;
                assert_eq!(
                    self.waiting(Some(function)),
                    0,
                    "an environment idles while a job waits"
                );
            }
        }
        // Where there is room, all that lack an environment have one started;
        // where there is none, none idles whose room is claimed.
        let sum = |of: &dyn Fn(usize) -> usize| (0..self.functions).map(of).sum::<usize>();
        let lacking = sum(&|function| self.lacking(function));
        let claims = sum(&|function| self.claims(function));
        let without = sum(&|function| usize::from(self.has_none(function)));
        let all = || self.environments.values();
        let room = self.max_environments - self.environments.len();
        assert!(
            room == 0 || lacking == 0,
            "a job waits though there is room"
        );
        let made = all().filter(|e| e.doing == Doing::ToldToStop).count();
        for idling in all().filter(|e| e.doing == Doing::Idling) {
            let claims = match self.now - idling.since {
                idle if idle >= SURPLUS => lacking,
                idle if idle >= PATIENCE => claims,
                _ => without,
            };
            assert!(claims <= made, "an environment idles in another's place");
        }
        for function in 0..self.functions {
            let of_function = self
                .environments
                .values()
                .filter(|environment| environment.function == function && !environment.is_retired);
            let idling = of_function.filter(|environment| {
                let at_rest = Doing::Finishing { is_overdue: false };
                environment.doing == Doing::Idling || environment.doing == at_rest
            });
            assert_eq!(self.scheduler.at_rest(function).1, idling.count());
        }
    }
}

#[test]
fn no_history_breaks_an_invariant() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let seeds = match number("SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SIMULATIONS").unwrap_or(HISTORIES),
    };
    for seed in seeds {
        let mut simulation = Simulation::new(seed);
        let run = std::panic::AssertUnwindSafe(|| simulation.run());
        if std::panic::catch_unwind(run).is_err() {
            let history = simulation.history.join("\n");
            panic!("the history of SIMULATION_SEED={seed} broke an invariant:\n{history}");
        }
    }
}
