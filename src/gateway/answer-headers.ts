import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { ApiError, Dialect } from './api-error.ts'
import type { AnswerHeaders } from './reply-writer.ts'
import { headerText, type RequestFacts } from './request-facts.ts'

/** The headers of an answer, as far as it is known who gives it. */
export function headersOf(facts: RequestFacts, reply: FastifyReply): AnswerHeaders {
  const headers: AnswerHeaders = { 'x-request-id': facts.id }
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) headers[name] = value
  if (facts.attempts > 0) headers['x-peerbandit-attempts'] = facts.attempts
  if (facts.decision !== undefined) headers['x-peerbandit-decision'] = headerText(facts.decision)
  if (facts.peer !== undefined) headers['x-peerbandit-peer'] = headerText(facts.peer)
  return headers
}

/** Answers with an error, if anybody still listens. */
export function sendError(
  response: ServerResponse,
  error: ApiError,
  { dialect, headers }: { readonly dialect: Dialect; readonly headers: AnswerHeaders }
): void {
  if (response.destroyed || response.writableEnded || response.headersSent) return
  const body = JSON.stringify(error.body(dialect))
  const head: AnswerHeaders = {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body)
  }
  if (error.retryAfterS !== undefined) head['retry-after'] = error.retryAfterS
  response.writeHead(error.status, head)
  response.end(body)
}
