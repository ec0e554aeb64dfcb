// What is said in the pictures. `>2 text` answers the last line but one.

/** An ordinary talk, in turns. */
export const TALK: readonly string[] = [
  "Good morning. The new lamp is in, and it turns once in ten seconds: https://example.org/lamp",
  "Did you measure it in the fog, too?",
  ">1 In the fog and in the rain. The figures are in the log of the tower.",
  "I read them last night. The third row is off by one.",
  "So it is. I counted the first turn twice.",
  "Then the period is 9.98 s, which is what the drawing says.\n\n1. lamp\n2. lens\n3. clockwork",
  "Good.",
  ">4 Well spotted. Shall we write it up today?",
  "After lunch? I have the boat at eleven.",
  "After lunch.",
  "I will bring the tables.",
  "And I the ink.",
];

/** What breaks a careless page: words without an end, both directions, scripts of many kinds, pictures made of several. */
export const UNUSUAL: readonly string[] = [
  `Rinderkennzeichnungsfleischetikettierungsüberwachungsaufgabenübertragungsgesetz and ${"unbroken".repeat(24)}`,
  "مرحبا بالجميع، هل وصلت الرسالة رقم 42 إلى ferrule بسلام؟",
  ">1 שלום! כן, הגיעה. Both directions in one line: עברית and English, 3 + 4 = 7.",
  `https://example.org/a/very/long/address/${"path/".repeat(30)}?and=a&query=too#end`,
  "Thumbs 👍🏽, a family 👨‍👩‍👧‍👦, a flag 🏴󠁧󠁢󠁳󠁣󠁴󠁿, and a text arrow →",
  "日本語の文章には空白がないので、どこで折り返すかはブラウザーが決めます。長い文でもはみ出してはいけません。",
  "Zalgo: h̷̢͠e̴̡͝ c̸̨̕o̶̧͘m̸̡͝e̷̢͠s, and a line\n\twith a tab,\n    and one with four spaces.",
  "A right-to-left override \u202Edoes not leave this message\u202C.",
];
