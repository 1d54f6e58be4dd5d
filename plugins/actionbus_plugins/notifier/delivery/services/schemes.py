"""The services of Apprise that a channel may use, by the schemes of their addresses; all others are refused.

Left out: what posts to any address (``use = "webhook"`` does that, and better), what runs on this machine, what reads
files that the address names, what writes for the public, and what is no message to a person.
"""

from __future__ import annotations

PUSH = """
    bark barks chanify gotify gotifys join kumulos lametric lametrics ntfy ntfys notica noticas onesignal pbul pingram
    pjet pjets pover prowl psafer psafers push pushdeer pushdeers pushed pushme pushplus pushward pushy schan signalgrid
    simplepush spugpush spush wpush wxpusher
"""
CHAT = """
    cliq deltachat deltachats dingtalk discord feishu flock gchat groupme guilded hassio hassios humhub humhubs kakao
    kakaotalk kook lark line matrix matrixs mmost mmosts ncloud nclouds nctalk nctalks onebot onebots qq revolt ringc
    rocket rockets ryver session sessions signal signals slack sogs stackfield synology synologys tgram threema twist
    viber webex wechat wecom wecombot whapi whatsapp workflow workflows wxteams zalo zcliq zohocliq zoom zulip
"""
MAIL = "azure brevo mailersend mailgun mailto mailtos o365 postmark resend sendgrid sendpulse ses smtp2go sparkpost"
TEXT = """
    46elks atalk bulksms bulkvs burstsms clickatell clicksend cm d7sms eight00com elks exotel freemobile gupshup httpsms
    infobip kaleyra kavenegar klr kudosity mobilemessage mobilemsg msg91 msgbird nexmo notifyre octopush plivo serwersms
    seven sfr sinch smsc smseagle smseagles smsmanager smsmgr smstunnel sns telesign telnyx twilio voipms vonage
"""
ON_CALL = """
    betterstack firehydrant goalert goalerts ilert incidentio lfg opsgenie pagerduty pagertree signl4 spike splunk
    squadcast victorops xmatters
"""
TV = "emby embys enigma2 enigma2s jellyfin jellyfins kodi kodis notifiarr xbmc xbmcs"

ALLOWED = frozenset(" ".join((PUSH, CHAT, MAIL, TEXT, ON_CALL, TV)).split())
ANYWHERE = frozenset(["json", "jsons", "xml", "xmls", "form", "forms", "http", "https", "apprise", "apprises"])
"""What posts to any address."""
