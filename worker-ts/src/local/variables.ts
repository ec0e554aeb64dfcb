// The variables of the local Worker alone; production has none of them.

/** Variables that only `npm start` and tests set. */
export interface LocalVariables {
  /** How the queue misbehaves from the start: any of `twice` and `shuffle`, joined by commas. */
  readonly LOCAL_QUEUE?: string;
  /** Where the supervisor is told to kill and restart; its path is its secret. Absent where nobody supervises. */
  readonly LOCAL_SUPERVISOR?: string;
}

/** The local variables among those of the Worker. */
export const localVariables = (env: object): LocalVariables => env;
