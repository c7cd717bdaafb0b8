import type { components } from './schema.gen'

// What a call to admin ended with, when not with an answer. `reason` is the contract's stable word;
// 'offline' is ours, for no answer at all.

type ErrorBody = components['schemas']['Error']

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
    readonly fields: Record<string, string> = {},
    readonly requestId = '',
    readonly retryAfterSeconds = 0,
  ) {
    super(message)
    this.name = 'ApiError'
  }

  get isConflict() {
    return this.status === 409 || this.status === 412
  }

  // The ledger or a relay is away: configuration still works.
  get isServiceAway() {
    return this.status === 503
  }
}

function isErrorBody(value: unknown): value is ErrorBody {
  return typeof value === 'object' && value !== null && 'error' in value && 'reason' in value
}

export function errorOf(response: Response, body: unknown): ApiError {
  const wait = Number(response.headers.get('retry-after') ?? 0) || 0
  if (!isErrorBody(body)) {
    return new ApiError(response.status, 'internal', `HTTP ${response.status}`, {}, response.headers.get('x-request-id') ?? '', wait)
  }
  const fields = (body.fields ?? {}) as Record<string, string>
  return new ApiError(response.status, body.reason, body.error, fields, body.request_id, wait)
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new ApiError(0, 'offline', message)
}

export const isAbort = (error: unknown) => error instanceof DOMException && error.name === 'AbortError'
