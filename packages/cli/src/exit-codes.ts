/** Exit statuses of all commands, a closed set. 1 means "the thing looked at is bad", 2 "could not look". */
export const EXIT: {
  readonly ok: 0;
  readonly findings: 1;
  readonly usage: 2;
  readonly denied: 3;
  readonly approvalRequired: 4;
  readonly interrupted: 130;
  readonly brokenPipe: 141;
} = {
  ok: 0,
  findings: 1,
  usage: 2,
  denied: 3,
  approvalRequired: 4,
  interrupted: 130,
  brokenPipe: 141,
};
