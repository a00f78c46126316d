/** Merge fields of other products, and the prose that must not be taken for one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { foreignFields, wordsOfHtml } from './foreign-merge.ts'

const named = (text: string) => foreignFields(text).map(field => field.text)

describe('merge fields of other products', () => {
  it('are found in every notation', () => {
    for (const field of [
      ...['{first_name}', '{First Name}', '{FIRST_NAME}', '{0}', '{name|friend}', '{!Contact.FirstName}', '{{{x}}}', '{$name}'],
      ...['%FIRST_NAME%', '%recipient.name%', '%%x%%', '%firstname%', `$\{x}`, '#{name}', '%{name}', '$$name$$', '$NAME$'],
      ...['*|FNAME|*', '*|LIST:COMPANY|*', '|FNAME|', '<<First Name>>', '<<x>>', '«First_Name»', '<first_name>', '<%= name %>'],
      ...['[First Name]', '[FIRST_NAME]', '[firstname,fallback=you]', '[Your Company]', '[[x]]', '[loan_amount]'],
      ...['~FIRST_NAME~', '~CUSTOM1~', '~Contact.FirstName~', '#FIRST#', '##NAME##', '@@x@@', '__NAME__', '^FIRST^', '-name-'],
      ...[':first_name', '$first_name', '@first_name', 'FIRST_NAME', 'FNAME', '{% if x %}', '{ MERGEFIELD First_Name }'],
    ])
      assert.deepEqual(named(`Hi ${field}, thank you!`), [field], field)
    assert.deepEqual(named('Hi ｛｛first_name｝｝!').length, 1, 'full-width braces are not ours')
  })

  it('are none in ordinary text, nor are our own', () => {
    for (const text of [
      ...[
        'He wrote "teh [sic] cat" [laughs] [Amen] [1]',
        '50% off, 20% more, 100%cotton and 50%wool',
        'I <3 you, A < b and c > d',
      ],
      ...[
        '#1 of 2, #love #peace, C# and F#',
        '$5 – $10, US$7',
        'me@home.com, @acme, joe_doe@x.com',
        '*FREE* and **bold** and _so_',
      ],
      ...[
        '--dash-- and - dash - and co-name-brand',
        '~50~ people',
        'e.g. [e.g.] (a) (b)',
        'https://x.com/a?b=%20c%2Fd%20e&f=1#top',
      ],
      ...[
        'Hi {{first_name}}, {{to.city}} {{name | default: "friend"}}',
        ':-) ;-) :D <3 {} [] () 5 {',
        '¯\\_(ツ)_/¯',
        '**|**',
        '',
      ],
      'Dear Ms. Name, your first name and last name are on file. P.S. 8-name-9',
    ])
      assert.deepEqual(named(text), [], text)
  })

  it('say how we write them', () => {
    const write = (text: string) => foreignFields(text).map(field => field.write)
    assert.deepEqual(write('*|FNAME|* %LAST_NAME% [First Name] {Contact.FirstName} ~CUSTOM1~'), [
      '{{first_name}}',
      '{{last_name}}',
      '{{first_name}}',
      '{{first_name}}',
      '{{custom1}}',
    ])
  })

  it('are looked for in the words of HTML, not in its tags', () => {
    const html =
      '<!-- {x} --><style>p {color: red}</style><div style="color: #fff">Hi &lt;&lt;First Name&gt;&gt; &amp; 50% {city}</div>'
    assert.deepEqual(named(wordsOfHtml(html)), ['<<First Name>>', '{city}'])
    assert.deepEqual(named(wordsOfHtml('<p style="font-size:12pt">50% off [sic] &lt;3</p>')), [])
  })

  it('are found in a long text without taking long', () => {
    for (const text of [
      '{'.repeat(200_000),
      '[a'.repeat(100_000),
      '%a '.repeat(60_000),
      '<<'.repeat(100_000),
      '*|'.repeat(100_000),
    ])
      foreignFields(text)
  })
})
