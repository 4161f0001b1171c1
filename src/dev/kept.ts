/**
 * So many ticks of a loop can be looked at again, in the terminal and in the web view; those before them are dropped. A
 * loop may go on for days, and a frame of a large cluster has 50 kB. A day at the shortest interval of a schedule, two at
 * the default.
 */
export const KEPT_TICKS = 1440;
