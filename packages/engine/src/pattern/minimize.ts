/** Hopcroft's algorithm (1971), then states in breadth-first order: equal languages give equal tables. */
import { DEAD, type Dfa, SINK } from "./dfa.ts";
import { MAX_STATES } from "./limits.ts";
import { tooComplex } from "./refusal.ts";

export interface MinimalDfa {
  readonly start: number;
  readonly states: number;
  readonly accepting: readonly boolean[];
  /** Columns of this automaton, and which of them each class of the alphabet has. */
  readonly columns: number;
  readonly columnOf: readonly number[];
  /** `transitions[state * columns + column]`; state 0 is dead, state 1 accepts whatever follows (both always there). */
  readonly transitions: readonly number[];
}

/** The block of each state. */
function equivalence(dfa: Dfa): Int32Array {
  const count = dfa.accepting.length;
  const { classes } = dfa.alphabet;
  const { transitions } = dfa;

  // Predecessors by class, all in one array: of (class, state) from `first[class * count + state]` on.
  const first = new Int32Array(classes * count + 1);
  for (let at = 0; at < transitions.length; at++) {
    const slot = (at % classes) * count + (transitions[at] as number);
    first[slot + 1] = (first[slot + 1] as number) + 1;
  }
  for (let slot = 0; slot < classes * count; slot++)
    first[slot + 1] = (first[slot + 1] as number) + (first[slot] as number);
  const fill = first.slice();
  const sources = new Int32Array(transitions.length);
  for (let at = 0; at < transitions.length; at++) {
    const slot = (at % classes) * count + (transitions[at] as number);
    const place = fill[slot] as number;
    sources[place] = Math.floor(at / classes);
    fill[slot] = place + 1;
  }

  // A block is the slice order[begin[b] … end[b]); its marked states stand at its front.
  const order = Int32Array.from({ length: count }, (_, state) => state);
  const place = order.slice();
  const blockOf = new Int32Array(count);
  const begin = [0];
  const end = [count];
  const marked = [0];
  const waiting: number[] = [];

  function mark(state: number): void {
    const block = blockOf[state] as number;
    const target = (begin[block] as number) + (marked[block] as number);
    const from = place[state] as number;
    if (from < target) return;
    const other = order[target] as number;
    order[target] = state;
    order[from] = other;
    place[state] = target;
    place[other] = from;
    marked[block] = (marked[block] as number) + 1;
  }

  /** Makes the marked states of `block` a block of its own, and queues the smaller half. */
  function split(block: number): void {
    const size = marked[block] as number;
    marked[block] = 0;
    const from = begin[block] as number;
    const to = end[block] as number;
    if (size === 0 || size === to - from) return;
    const fresh = begin.length;
    const smaller = size <= to - from - size;
    // The new number goes to the smaller half, so that queueing it is enough for both: if the old
    // block is still queued it keeps its number.
    begin.push(smaller ? from : from + size);
    end.push(smaller ? from + size : to);
    marked.push(0);
    if (smaller) begin[block] = from + size;
    else end[block] = from + size;
    for (let at = begin[fresh] as number; at < (end[fresh] as number); at++) blockOf[order[at] as number] = fresh;
    waiting.push(fresh);
  }

  dfa.accepting.forEach((accepts, state) => accepts && mark(state));
  waiting.push(0);
  split(0);
  for (let splitter = waiting.pop(); splitter !== undefined; splitter = waiting.pop()) {
    // The splitter itself may be split meanwhile; its states as of now are what counts.
    const members = order.slice(begin[splitter], end[splitter]);
    for (let index = 0; index < classes; index++) {
      const touched: number[] = [];
      for (const member of members) {
        const slot = index * count + member;
        for (let at = first[slot] as number; at < (first[slot + 1] as number); at++) {
          const source = sources[at] as number;
          const block = blockOf[source] as number;
          if (marked[block] === 0) touched.push(block);
          mark(source);
        }
      }
      for (const block of touched) split(block);
    }
  }
  return blockOf;
}

export function minimize(dfa: Dfa): MinimalDfa {
  const { classes } = dfa.alphabet;
  const blockOf = equivalence(dfa);
  const representative = new Map<number, number>();
  blockOf.forEach((block, state) => !representative.has(block) && representative.set(block, state));
  const next = (state: number, index: number): number =>
    blockOf[dfa.transitions[state * classes + index] as number] as number;

  const deadBlock = blockOf[DEAD] as number;
  const sinkBlock = [...representative].find(
    ([block, state]) =>
      dfa.accepting[state] && Array.from({ length: classes }, (_, i) => next(state, i)).every((to) => to === block),
  )?.[0];
  const numberOf = new Map<number, number>([[deadBlock, DEAD]]);
  if (sinkBlock !== undefined) numberOf.set(sinkBlock, SINK);

  // Breadth first from the start.
  const queue: number[] = [];
  let fresh = SINK + 1;
  function visit(block: number): void {
    if (numberOf.has(block)) return;
    numberOf.set(block, fresh++);
    queue.push(block);
  }
  const startBlock = blockOf[dfa.start] as number;
  visit(startBlock);
  for (const block of queue) {
    for (let index = 0; index < classes; index++) visit(next(representative.get(block) as number, index));
  }

  if (fresh > MAX_STATES) {
    throw tooComplex(
      `its automaton has ${fresh} states, more than ${MAX_STATES}; use smaller repeat counts or split it`,
    );
  }

  // Row 1 is there even where nothing leads to it, so that a table needs no special case.
  const rows: number[][] = [DEAD, SINK].map((state) => Array.from({ length: classes }, () => state));
  const accepting = [false, true];
  for (const block of queue) {
    const state = representative.get(block) as number;
    rows.push(Array.from({ length: classes }, (_, index) => numberOf.get(next(state, index)) as number));
    accepting.push(dfa.accepting[state] as boolean);
  }

  const columnIds = new Map<string, number>();
  const columns: number[][] = [];
  const columnOf = Array.from({ length: classes }, (_, index) => {
    const column = rows.map((row) => row[index] as number);
    const key = column.join();
    let id = columnIds.get(key);
    if (id === undefined) columnIds.set(key, (id = columns.push(column) - 1));
    return id;
  });
  const transitions = rows.flatMap((_, state) => columns.map((column) => column[state] as number));
  return {
    start: numberOf.get(startBlock) as number,
    states: rows.length,
    accepting,
    columns: columns.length,
    columnOf,
    transitions,
  };
}
