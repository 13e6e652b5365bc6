import { useSyncExternalStore } from "react";

const EVERY = 10_000;
let now = Date.now();

function subscribe(changed: () => void): () => void {
  const timer = setInterval(() => {
    now = Date.now();
    changed();
  }, EVERY);
  return () => {
    clearInterval(timer);
  };
}

/** Milliseconds since the epoch, moving on every ten seconds while something shows it. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);
