import { mount } from '@vue/test-utils'
import MarkdownIt from 'markdown-it'
import { describe, expect, it } from 'vitest'
import { renderTokens } from './renderTokens'

const parser = new MarkdownIt({ html: false })
const html = (text: string) => mount({ render: () => renderTokens(parser.parse(text, {})) }, { attachTo: document.createElement('div') }).html({ raw: true })
const page = (text: string) => {
  const root = document.createElement('div')
  mount({ render: () => renderTokens(parser.parse(text, {})) }, { attachTo: root })
  return root
}

describe('renderTokens', () => {
  it.each([
    ['**bold** and *soft*', '<p><strong>bold</strong> and <em>soft</em></p>'],
    ['a `b<c` d', '<p>a <code>b&lt;c</code> d</p>'],
    ['```js\nlet a = 1 < 2\n```', '<pre tabindex="0" data-language="js"><code>let a = 1 &lt; 2\n</code></pre>'],
    ['# One', '<h3>One</h3>'],
    ['- a\n- b', '<ul><li>a</li><li>b</li></ul>'],
    ['3. a', '<ol start="3"><li>a</li></ol>'],
    ['> q', '<blockquote><p>q</p></blockquote>'],
  ])('%j', (text, wanted) => {
    expect(html(text).replace(/<!--.*?-->/g, '').replace(/>\n\s*</g, '><')).toContain(wanted)
  })

  it('makes tables', () => {
    const cells = [...page('| a | b |\n|---|--:|\n| 1 | 2 |').querySelectorAll('th, td')]
    expect(cells.map(({ textContent }) => textContent)).toEqual(['a', 'b', '1', '2'])
    expect(cells[3]!.getAttribute('style')).toContain('right')
  })

  it.each([
    '<img src=x onerror=alert(1)>',
    '<script>alert(1)</script>',
    '[x](javascript:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '![x](https://evil.example/pixel.png)',
    '<https://a.example" onclick="alert(1)>',
    '[a](https://b.example "t\' onmouseover=alert(1)")',
  ])('never makes of %j what executes or loads', (text) => {
    const root = page(text)
    expect(root.querySelectorAll('img, script, iframe, style, link')).toHaveLength(0)
    for (const element of root.querySelectorAll('*')) {
      expect(element.getAttributeNames().filter((name) => name.startsWith('on'))).toEqual([])
      expect(element.getAttribute('href') ?? 'https:').toMatch(/^(https?:|mailto:)/)
    }
  })

  it('opens links elsewhere, without a word of this page', () => {
    const link = page('[x](https://a.example/?q=1)').querySelector('a')!
    expect([link.getAttribute('href'), link.target, link.rel]).toEqual(['https://a.example/?q=1', '_blank', 'noopener noreferrer nofollow'])
  })
})
