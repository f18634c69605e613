import { describe, expect, it } from 'vitest'
import { escapeHtml, markup, trustedMarkup } from '../../src/experiment/markup.ts'

describe('markup', () => {
  it('escapes what is put into it', () => {
    expect(markup`<b title="${'"x" & \'y\''}">${'<script>'}</b>`.html).toBe(
      '<b title="&quot;x&quot; &amp; &#39;y&#39;">&lt;script&gt;</b>'
    )
  })

  it('keeps markup and lists of markup as they are', () => {
    expect(markup`<ul>${[markup`<li>${1}</li>`, trustedMarkup('<li>2</li>')]}</ul>`.html).toBe('<ul><li>1</li><li>2</li></ul>')
  })

  it('drops invisible characters', () => {
    expect(escapeHtml('a\u202eb\u0007c')).toBe('abc')
  })
})
