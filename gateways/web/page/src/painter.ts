// Drawing happens once a frame, whatever arrives in between; and, when asked
// to, how old a tick was when it stood on the screen is measured.

import { wallMs } from "./clock";

/** The newest so many samples are kept. */
const MOST_SAMPLES = 200_000;

/**
 * Runs drawing tasks once in the next animation frame. Nothing runs while the
 * tab is hidden; tasks are a set, so nothing piles up either.
 *
 * Measuring (`?measure=1`): a view calls shown() with the receive time of each
 * tick that it drew. The ages are pushed to `window.outcry.latency` in ms:
 * paint time − receive_time_ns, which is one clock when server and browser
 * share a machine. Paint time is the first message event after the animation
 * frame: style, layout, paint and commit are done, and what is left is the
 * compositor's own frame.
 */
export class Painter {
  readonly latency: number[] = [];
  private readonly tasks = new Set<() => void>();
  private requested = false;
  private receivedMs: number[] = [];
  private readonly painted = new MessageChannel();

  constructor(private readonly measuring: boolean) {
    this.painted.port1.onmessage = (event) => this.sample(event.data as number[]);
  }

  request(task: () => void): void {
    this.tasks.add(task);
    if (this.requested) return;
    this.requested = true;
    requestAnimationFrame(() => this.draw());
  }

  /** A tick that this frame draws was received at that time. */
  shown(receivedMs: number): void {
    if (this.measuring && receivedMs > 0) this.receivedMs.push(receivedMs);
  }

  private draw(): void {
    this.requested = false;
    const tasks = [...this.tasks];
    this.tasks.clear();
    for (const task of tasks) task();
    if (this.receivedMs.length === 0) return;
    this.painted.port2.postMessage(this.receivedMs);
    this.receivedMs = [];
  }

  private sample(receivedMs: readonly number[]): void {
    const now = wallMs();
    for (const received of receivedMs) this.latency.push(now - received);
    if (this.latency.length > MOST_SAMPLES) this.latency.splice(0, this.latency.length - MOST_SAMPLES);
  }
}
