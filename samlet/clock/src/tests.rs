#![allow(clippy::unwrap_used)]

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::UNIX_EPOCH;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// How long a test waits for what should happen by itself.
const PATIENCE: Duration = Duration::from_secs(30);

fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// A wall clock that a test sets, in seconds since 1970.
fn settable_wall() -> (Arc<AtomicU64>, Clock) {
    let wall = Arc::new(AtomicU64::new(1_800_000_000));
    let read = Arc::clone(&wall);
    let read = move || UNIX_EPOCH + Duration::from_secs(read.load(Ordering::SeqCst));
    (wall, Clock::with_wall(Box::new(read), Duration::ZERO))
}

/// Notes the number of each timer that is fired.
struct Note {
    number: usize,
    fired: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Note {
    fn wake(self: Arc<Self>) {
        self.fired.lock().unwrap().push(self.number);
    }
}

/// Waits, numbered in the order in which they were begun, and which of them were fired.
#[derive(Default)]
struct Waits {
    waits: Vec<Option<Sleep>>,
    fired: Arc<Mutex<Vec<usize>>>,
}

impl Waits {
    fn begin(&mut self, sleep: Sleep) {
        self.waits.push(Some(sleep));
        assert!(!self.is_over(self.waits.len() - 1));
    }

    fn is_over(&mut self, number: usize) -> bool {
        let fired = Arc::clone(&self.fired);
        let waker = Waker::from(Arc::new(Note { number, fired }));
        let wait = pin!(self.waits[number].as_mut().unwrap());
        wait.poll(&mut Context::from_waker(&waker)).is_ready()
    }

    fn take_fired(&self) -> Vec<usize> {
        std::mem::take(&mut *self.fired.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_when_its_time_has_passed() {
    let clock = Clock::starting_at(start());
    let began = tokio::time::Instant::now();
    clock.sleep(2 * MINUTE).await;
    assert!(began.elapsed() - 2 * MINUTE < Duration::from_millis(2));
    assert!(clock.now() >= start() + 2 * MINUTE);
    clock.sleep_until(start() + 3 * MINUTE).await;
    assert!(began.elapsed() - 3 * MINUTE < Duration::from_millis(2));
    clock.sleep_until(start()).await;
    clock.sleep(Duration::ZERO).await;
    assert_eq!(clock.pending(), 0);
}

#[tokio::test]
async fn a_wait_ends_by_the_systems_clock_too() {
    let clock = Clock::new();
    let before = SystemTime::now();
    clock.sleep(Duration::from_millis(20)).await;
    assert!(clock.now() >= before + Duration::from_millis(20));
    assert_eq!(clock.offset(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_earlier_wait_that_begins_later_ends_earlier() {
    let clock = Clock::starting_at(start());
    let began = tokio::time::Instant::now();
    let (ended, mut order) = tokio::sync::mpsc::unbounded_channel();
    for millis in [300, 100, 200] {
        let (clock, ended) = (clock.clone(), ended.clone());
        tokio::spawn(async move {
            clock.sleep(Duration::from_millis(millis)).await;
            ended.send(millis).unwrap();
        });
        // Until it waits, and the driver for it.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
    }
    for millis in [100, 200, 300] {
        assert_eq!(order.recv().await, Some(millis));
        assert!(began.elapsed() - Duration::from_millis(millis) < Duration::from_millis(3));
    }
}

#[tokio::test(start_paused = true)]
async fn advancing_fires_what_is_due_by_deadline_then_by_age() {
    let clock = Clock::starting_at(start());
    let mut waits = Waits::default();
    for minutes in [3, 1, 2, 1, 4] {
        waits.begin(clock.sleep(minutes * MINUTE));
    }
    assert_eq!((clock.pending(), clock.next()), (5, Some(start() + MINUTE)));
    clock.advance(3 * MINUTE);
    assert_eq!(waits.take_fired(), [1, 3, 2, 0]);
    assert_eq!(
        (clock.pending(), clock.next()),
        (1, Some(start() + 4 * MINUTE))
    );
    assert_eq!(clock.now(), start() + 3 * MINUTE);
    assert_eq!(clock.offset(), 3 * MINUTE);
    assert!((0..4).all(|number| waits.is_over(number)));
    assert!(!waits.is_over(4));
}

#[tokio::test(start_paused = true)]
async fn advancing_shortens_what_is_left_to_wait() {
    let clock = Clock::starting_at(start());
    let began = tokio::time::Instant::now();
    let waiting = tokio::spawn({
        let clock = clock.clone();
        async move { clock.sleep(Duration::from_secs(10)).await }
    });
    tokio::task::yield_now().await;
    clock.advance(Duration::from_millis(9_500));
    waiting.await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(510));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_dropped_leaves_nothing_behind() {
    let clock = Clock::starting_at(start());
    let mut waits = Waits::default();
    waits.begin(clock.sleep(MINUTE));
    waits.begin(clock.sleep(MINUTE));
    waits.waits[0] = None;
    assert_eq!(clock.pending(), 1);
    tokio::select! {
        () = clock.sleep(Duration::from_secs(2)) => panic!("the longer wait ended first"),
        () = tokio::time::sleep(Duration::from_secs(1)) => {}
    }
    assert_eq!(clock.pending(), 1);
    clock.advance(MINUTE);
    assert_eq!(waits.take_fired(), [1]);
    assert_eq!(clock.next(), None);
}

#[tokio::test(start_paused = true)]
async fn one_task_drives_all_waits_and_ends_with_the_last() {
    let clock = Clock::starting_at(start());
    let tasks = || Handle::current().metrics().num_alive_tasks();
    for _ in 0..2 {
        let mut waits = Waits::default();
        for _ in 0..1000 {
            waits.begin(clock.sleep(MINUTE));
        }
        assert_eq!((clock.pending(), tasks()), (1000, 1));
        drop(waits);
        tokio::time::sleep(2 * MINUTE).await;
        assert_eq!((clock.pending(), tasks()), (0, 0));
    }
}

#[test]
fn a_clock_outlives_the_runtime_that_drove_it() {
    let clock = Clock::new();
    for _ in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut waits = Waits::default();
            waits.begin(clock.sleep(MINUTE));
            tokio::select! {
                // In this order: a wait that nobody wakes would be found over when patience is.
                biased;
                () = tokio::time::sleep(PATIENCE) => panic!("nobody woke it"),
                () = clock.sleep(Duration::from_millis(5)) => {}
            }
        });
    }
    assert_eq!(clock.pending(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_wait_ends_however_many_threads_wait_and_advance() {
    let clock = Clock::new();
    let mut waiting = JoinSet::new();
    for number in 0..1000 {
        let clock = clock.clone();
        waiting.spawn(async move {
            for round in 1..4 {
                clock.sleep(MINUTE * (number * round % 7)).await;
                let cancelled = tokio::time::timeout(Duration::ZERO, clock.sleep(YEAR));
                assert!(cancelled.await.is_err());
            }
        });
    }
    let ended = tokio::time::timeout(PATIENCE, async {
        while !waiting.is_empty() {
            clock.advance(MINUTE);
            while waiting.try_join_next().is_some_and(|ended| ended.is_ok()) {}
            tokio::task::yield_now().await;
        }
    });
    ended.await.unwrap();
    assert_eq!(clock.pending(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_clock_goes_on_when_the_system_clock_is_set_back() {
    let (wall, clock) = settable_wall();
    let began = clock.now();
    wall.fetch_sub(3600, Ordering::SeqCst);
    assert_eq!(clock.now(), began);
    clock.sleep(MINUTE).await;
    let passed = clock.now().duration_since(began).unwrap();
    assert!(passed - MINUTE < Duration::from_millis(2));
    // Where it was again: as late as the clock is by itself.
    wall.fetch_add(3600, Ordering::SeqCst);
    assert!(clock.now().duration_since(began).unwrap() - MINUTE < Duration::from_millis(2));
}

#[tokio::test(start_paused = true)]
async fn what_is_due_after_the_computer_was_suspended_is_fired_within_a_second() {
    let (wall, clock) = settable_wall();
    let began = tokio::time::Instant::now();
    let waiting = tokio::spawn({
        let clock = clock.clone();
        async move { clock.sleep(60 * MINUTE).await }
    });
    tokio::time::sleep(Duration::from_secs(5)).await;
    wall.fetch_add(7200, Ordering::SeqCst);
    waiting.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(7));
    assert_eq!(clock.offset(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_clock_can_be_moved_by_years_and_begin_where_another_was() {
    let clock = Clock::new();
    let mut waits = Waits::default();
    waits.begin(clock.sleep(99 * YEAR));
    clock.advance(100 * YEAR);
    assert_eq!(waits.take_fired(), [0]);
    let later = Clock::with_offset(clock.offset());
    let apart = later.now().duration_since(clock.now()).unwrap_or_default();
    assert!(apart < MINUTE && later.now() > SystemTime::now() + 99 * YEAR);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_time_is_no_reason_to_panic() {
    let clock = Clock::with_offset(Duration::MAX);
    assert_eq!(clock.now(), system_time(Duration::MAX));
    let clock = Clock::starting_at(start());
    let mut waits = Waits::default();
    waits.begin(clock.sleep(Duration::MAX));
    waits.begin(clock.sleep(20_000 * YEAR));
    assert_eq!((clock.pending(), clock.next()), (2, None));
    waits.begin(clock.sleep(YEAR));
    tokio::time::sleep(MINUTE).await;
    for _ in 0..2 {
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), system_time(time::END));
        assert_eq!(start() + clock.offset(), clock.now() - MINUTE);
    }
    // Never due: a task that waits again and again does not spin there.
    waits.begin(clock.sleep(Duration::from_nanos(1)));
    assert_eq!(waits.take_fired(), [2]);
    assert_eq!((clock.pending(), clock.next()), (3, None));
    let before_1970 = UNIX_EPOCH - YEAR;
    clock.sleep_until(before_1970).await;
    assert_eq!(Clock::starting_at(before_1970).now(), UNIX_EPOCH);
}

/// A list in place of the queue.
#[derive(Default)]
struct Model {
    now: Duration,
    /// Deadlines by number; `None` once fired or dropped.
    waits: Vec<Option<Duration>>,
}

impl Model {
    fn waiting(&self) -> Vec<(Duration, usize)> {
        let waits = self.waits.iter().enumerate();
        let mut waiting: Vec<_> = waits
            .filter_map(|(number, due)| Some(((*due)?, number)))
            .collect();
        waiting.sort();
        waiting
    }

    fn advance(&mut self, by: Duration) -> Vec<usize> {
        self.now += by;
        let due = self
            .waiting()
            .into_iter()
            .filter(|(due, _)| *due <= self.now);
        let due: Vec<usize> = due.map(|(_, number)| number).collect();
        for number in &due {
            self.waits[*number] = None;
        }
        due
    }
}

#[tokio::test(start_paused = true)]
async fn random_histories_are_those_of_a_simple_model() {
    for seed in 0..500 {
        let mut random = fastrand::Rng::with_seed(seed);
        let clock = Clock::starting_at(start());
        let (mut waits, mut model) = (Waits::default(), Model::default());
        for step in 0..100 {
            let context = format!("seed {seed}, step {step}");
            match random.u8(0..6) {
                0..=2 => {
                    // Few different ones, so that many are due at once.
                    let seconds = random.u64(1..20);
                    waits.begin(clock.sleep(Duration::from_secs(seconds)));
                    model
                        .waits
                        .push(Some(model.now + Duration::from_secs(seconds)));
                }
                3 if !model.waits.is_empty() => {
                    let number = random.usize(0..model.waits.len());
                    waits.waits[number] = None;
                    model.waits[number] = None;
                }
                4 if !model.waiting().is_empty() => {
                    let (_, number) = random.choice(model.waiting()).unwrap();
                    assert!(!waits.is_over(number), "{context}");
                }
                _ => {
                    let by = Duration::from_secs(random.u64(0..8));
                    clock.advance(by);
                    assert_eq!(waits.take_fired(), model.advance(by), "{context}");
                }
            }
            let waiting = model.waiting();
            assert_eq!(clock.pending(), waiting.len(), "{context}");
            let next = waiting.first().map(|(due, _)| start() + *due);
            assert_eq!(clock.next(), next, "{context}");
            assert_eq!(clock.now(), start() + model.now, "{context}");
        }
    }
}
