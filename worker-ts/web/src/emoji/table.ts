// The emoji of the picker: by group, each with the words that find it. A table and nothing else; any other emoji can be typed.

/** A group's title, and a line per emoji: the emoji, then its words. */
export const GROUPS: readonly (readonly [title: string, lines: string])[] = [
  [
    "Faces",
    `😀 grinning happy smile
😄 smile happy joy laugh
😁 beaming grin teeth
😅 sweat smile relief nervous
😂 joy tears laugh lol
🤣 rofl rolling laugh
🙂 slight smile
🙃 upside down silly
😉 wink
😊 blush smile warm
😇 angel halo innocent
🥰 love hearts adore
😍 heart eyes love
🤩 star struck wow
😘 kiss
😋 yum tasty
😜 tongue wink crazy
🤪 zany crazy goofy
🤑 money rich
🤗 hug
🤭 oops giggle
🤫 shush quiet secret
🤔 thinking hmm
🤨 raised eyebrow doubt
😐 neutral meh
😑 expressionless
😶 no mouth silent
😏 smirk
😒 unamused
🙄 eye roll
😬 grimace awkward
😌 relieved calm
😔 pensive sad
😪 sleepy
😴 sleeping zzz
😷 mask sick
🤒 thermometer ill
🤕 bandage hurt
🤢 nauseated sick
🤮 vomit
🤧 sneeze cold
🥵 hot heat
🥶 cold freezing
🥴 woozy dizzy
😵 dizzy dead
🤯 mind blown exploding
🤠 cowboy
🥳 party celebrate birthday
😎 cool sunglasses
🤓 nerd glasses
🧐 monocle inspect
😕 confused
😟 worried
🙁 frown sad
😮 open mouth surprised
😲 astonished shock
😳 flushed embarrassed
🥺 pleading puppy please
😨 fearful scared
😰 anxious sweat
😢 cry tear sad
😭 sob crying loud
😱 scream horror
😩 weary tired
😤 triumph huff proud
😡 angry rage mad
🤬 swearing cursing
😈 devil horns
💀 skull dead
💩 poop
🤡 clown
👻 ghost
👽 alien
🤖 robot bot`,
  ],
  [
    "People",
    `👍 thumbs up yes good agree plus one
👎 thumbs down no bad minus one
👌 ok perfect
✌️ victory peace
🤞 fingers crossed luck
🤟 love you gesture
🤘 rock horns
👈 left point
👉 right point
👆 up point
👇 down point
☝️ index one point
✋ hand stop high five
👋 wave hello bye
🤙 call me
💪 muscle strong flex
🙏 pray thanks please
👏 clap applause bravo
🙌 raised hands hooray
👐 open hands
🤝 handshake deal
✍️ writing
🫶 heart hands
🫡 salute
🤷 shrug whatever
🤦 facepalm
🙋 raising hand me
🙇 bow sorry
💁 information desk
🧑‍💻 technologist coder developer
🧑‍🚀 astronaut
🧑‍🍳 cook
🧑‍🔧 mechanic
🧑‍🎨 artist
🕵️ detective spy
🏃 run hurry
🚶 walk
💃 dance
🕺 dance man
👀 eyes look watching
🧠 brain smart
👂 ear listen
👤 person silhouette
👥 people group
🫂 hug people`,
  ],
  [
    "Hearts and signs",
    `❤️ heart love red
🧡 orange heart
💛 yellow heart
💚 green heart
💙 blue heart
💜 purple heart
🖤 black heart
🤍 white heart
💔 broken heart
💖 sparkling heart
💯 hundred perfect
💥 boom collision
💫 dizzy star
💬 speech comment
💭 thought
💤 sleep zzz
✅ check done yes
☑️ checked box
✔️ check mark
❌ cross no wrong
❎ cross green
❗ exclamation important
❓ question
⁉️ what interrobang
⚠️ warning caution
🚫 forbidden no
⛔ no entry stop
🔴 red circle
🟠 orange circle
🟡 yellow circle
🟢 green circle
🔵 blue circle
🟣 purple circle
⚫ black circle
⚪ white circle
➕ plus add
➖ minus
➡️ right arrow
⬅️ left arrow
⬆️ up arrow
⬇️ down arrow
🔁 repeat again
🔄 refresh reload
🆗 ok
🆕 new
🆒 cool
🔝 top
♻️ recycle
✨ sparkles magic new
⭐ star
🌟 glowing star`,
  ],
  [
    "Nature",
    `🐶 dog
🐱 cat
🐭 mouse
🐹 hamster
🐰 rabbit bunny
🦊 fox
🐻 bear
🐼 panda
🐨 koala
🐯 tiger
🦁 lion
🐮 cow
🐷 pig
🐸 frog
🐵 monkey
🙈 see no evil monkey
🙉 hear no evil monkey
🙊 speak no evil monkey
🐔 chicken
🐧 penguin
🐦 bird
🦆 duck
🦉 owl
🐺 wolf
🐴 horse
🦄 unicorn
🐝 bee
🐛 bug caterpillar
🦋 butterfly
🐌 snail slow
🐞 ladybug bug
🐢 turtle slow
🐍 snake python
🐙 octopus
🦀 crab rust
🐟 fish
🐬 dolphin
🐳 whale docker
🦈 shark
🐘 elephant
🦒 giraffe
🌵 cactus
🌲 tree evergreen
🌳 tree
🌱 seedling plant
🍀 clover luck
🌸 blossom flower
🌹 rose
🌻 sunflower
🌍 earth world
🌙 moon
☀️ sun
⛅ cloud sun
☁️ cloud
🌧️ rain
⛈️ storm thunder
❄️ snow cold
⚡ lightning fast
🔥 fire hot lit
💧 drop water
🌊 wave sea
🌈 rainbow`,
  ],
  [
    "Food",
    `🍏 apple green
🍎 apple red
🍌 banana
🍇 grapes
🍓 strawberry
🍒 cherries
🍑 peach
🍍 pineapple
🥑 avocado
🍅 tomato
🌶️ pepper hot spicy
🌽 corn
🥕 carrot
🍞 bread
🥐 croissant
🧀 cheese
🥚 egg
🍳 cooking egg
🥞 pancakes
🍔 burger
🍟 fries
🍕 pizza
🌭 hot dog
🌮 taco
🌯 burrito
🥗 salad
🍝 spaghetti pasta
🍜 noodles ramen
🍣 sushi
🍙 rice ball
🍦 ice cream
🍩 donut
🍪 cookie
🎂 birthday cake
🍰 cake
🍫 chocolate
🍿 popcorn
☕ coffee
🍵 tea
🥤 cup drink
🍺 beer
🍻 cheers beers
🥂 champagne toast cheers
🍷 wine
🥃 whisky`,
  ],
  [
    "Things to do",
    `🎉 party tada celebrate
🎊 confetti
🎈 balloon
🎁 gift present
🏆 trophy win
🥇 first gold medal
🥈 second silver medal
🥉 third bronze medal
⚽ football soccer
🏀 basketball
🏈 american football
🎾 tennis
🏓 ping pong table tennis
🎯 target goal bullseye
🎮 game controller
🎲 dice
♟️ chess
🧩 puzzle piece
🎨 art paint
🎭 theatre
🎤 microphone sing
🎧 headphones music
🎵 music note
🎸 guitar
🎹 piano
🥁 drum
🎬 film movie
🚗 car
🚕 taxi
🚌 bus
🚑 ambulance
🚒 fire engine
🚲 bicycle bike
✈️ plane flight
🚀 rocket ship launch
🛸 ufo
🚢 ship
⛵ boat sail
🚂 train
🚦 traffic light
🏠 house home
🏢 office
🏖️ beach holiday
⛰️ mountain
🏕️ camping`,
  ],
  [
    "Objects",
    `⌚ watch time
📱 phone mobile
💻 laptop computer
⌨️ keyboard
🖥️ desktop computer
🖨️ printer
💾 floppy save
💿 disc
📷 camera
🎥 video camera
📞 telephone call
📺 television
⏰ alarm clock
⏳ hourglass wait
🔋 battery
🔌 plug
💡 bulb idea
🔦 torch
🕯️ candle
🧯 fire extinguisher
💸 money spend
💰 money bag
💎 gem diamond
⚖️ scales law
🔧 wrench fix
🔨 hammer build
🛠️ tools
⚙️ gear settings
🧱 brick
🔗 link chain
🧲 magnet
🧪 test tube
🔬 microscope
🔭 telescope
💉 syringe
💊 pill
🚪 door
🛏️ bed
🛒 cart shopping
📦 package box
📫 mailbox
✉️ letter mail
📝 memo note
📄 page document
📊 bar chart
📈 chart up
📉 chart down
📅 calendar date
📌 pin
📎 paperclip attach
✂️ scissors cut
🗑️ bin trash
🔒 lock
🔓 unlock
🔑 key
🔍 search magnifier
📚 books
📖 book read
🔖 bookmark
📣 megaphone
🔔 bell
🔕 no bell mute
🏁 flag finish
🚩 red flag
🏳️ white flag
🏳️‍🌈 rainbow flag pride
🏴‍☠️ pirate flag`,
  ],
];
