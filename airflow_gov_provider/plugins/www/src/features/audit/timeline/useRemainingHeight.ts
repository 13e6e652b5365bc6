import { type RefObject, useLayoutEffect, useState } from "react";

const LEAST = 320;
const BELOW = 24;

/** The pixels from the top of an element to the end of the window, so that it alone scrolls. */
export function useRemainingHeight(element: RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(LEAST);
  useLayoutEffect(() => {
    const measure = () => {
      const top = element.current?.getBoundingClientRect().top ?? 0;
      const free = globalThis.innerHeight - Math.max(0, top) - BELOW;
      setHeight(Math.max(LEAST, Math.floor(free)));
    };
    measure();
    globalThis.addEventListener("resize", measure);
    // What stands above grows when it has been read.
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    const around = element.current?.parentElement;
    if (around) observer.observe(around);
    return () => {
      globalThis.removeEventListener("resize", measure);
      observer.disconnect();
    };
  }, [element]);
  return height;
}
