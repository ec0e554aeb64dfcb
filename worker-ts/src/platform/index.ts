// The face of platform: what the rest of the house may use of it.
export { now } from "./clock";
export { type Database, database } from "./database";
export { type Bindings, list, required } from "./env";
export { ApiError, asApiError, ERRORS, type ErrorCode, errorResponse } from "./errors";
export { finish } from "./headers";
export { fromBase64url, randomBytes, randomLetters, toBase64url, utf8Length } from "./ids";
export { logFailure, logRequest } from "./log";
export { checkOrigin, corsHeaders, hasBearer, originOf, preflight, trustedOrigins } from "./origin";
export { type Access, type Caller, type RawCall, type Route, route } from "./route";
export { deriveKey, requestId, sameSecret, sign, verify } from "./secrets";
