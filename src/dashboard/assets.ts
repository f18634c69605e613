import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { Reply } from './replies.ts'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml'
}

/** Beside this module both in the sources and in what is built of them. */
const PAGE = new URL('./page/', import.meta.url)

/** The page's files by their path; read once. */
export function readAssets(): ReadonlyMap<string, Reply> {
  const assets = new Map<string, Reply>()
  for (const name of readdirSync(PAGE)) {
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] as string | undefined
    if (type === undefined) continue
    const body = readFileSync(new URL(name, PAGE))
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    assets.set(name === 'index.html' ? '/' : `/dashboard/${name}`, { type, body, etag })
  }
  return assets
}
