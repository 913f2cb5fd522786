/** How many events the next page should ask for: a page is asked for by events but paid for in octets. */
import { limits } from '../../limits.ts';

export interface PageSize {
  readonly events: number;
  learn(page: readonly { readonly data: Uint8Array; readonly metadata: Uint8Array }[]): void;
}

export function createPageSize(): PageSize {
  const { pageEventsMin, pageEventsMax, pageOctets } = limits.kurrentdb;
  let events: number = pageEventsMin;
  return {
    get events() {
      return events;
    },
    learn(page) {
      if (page.length === 0) return;
      const octets = page.reduce((sum, event) => sum + event.data.length + event.metadata.length, 0);
      const fitting = Math.floor(pageOctets / Math.max(1, octets / page.length));
      // At most four times as many as before: the next events may be larger than these.
      events = Math.max(pageEventsMin, Math.min(pageEventsMax, fitting, events * 4));
    },
  };
}
