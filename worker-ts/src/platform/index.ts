// The face of platform: what the rest of the house may use of it.

export { readBytes } from "./api/body";
export { nameField, pageLimit, titleField, topicField, wholeNumber } from "./api/fields";
export { finish } from "./api/headers";
export {
  type ApiDocument,
  type ApiOperation,
  type ApiParameter,
  type ApiSchema,
  openApiDocument,
} from "./api/openapi";
export { bearerOf, checkOrigin, corsHeaders, hasBearer, originOf, preflight, trustedOrigins } from "./api/origin";
export { type Access, type Caller, type Mounted, page, type RawCall, type Route, route } from "./api/route";
export { now, within } from "./clock";
export { type Database, database } from "./database";
export { type Bindings, list, required } from "./env";
export { ApiError, asApiError, ERRORS, type ErrorCode, errorResponse } from "./errors";
export { fromBase64url, randomBytes, randomLetters, toBase64url } from "./ids";
export { logFailure, logRequest } from "./log";
export {
  countQueue,
  countRequest,
  countRoom,
  PROMETHEUS_TYPE,
  prometheusText,
  type Sample,
} from "./metrics";
export { deriveKey, digest, requestId, sameSecret, sign, verify } from "./secrets";
export { displayName, isWellFormed, parseJson, plainLine, utf8Length } from "./text";
