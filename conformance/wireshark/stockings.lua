-- Dissects the Stockings wire format (SPEC.md, section 4) in Wireshark and tshark.
-- README.md beside this file tells how to install and use it.

local stockings = Proto("stockings", "Stockings")

local KINDS = { [0] = "text", [1] = "bytes" }
local MOST_HEADER = 10            -- octets of a header (FRAME-7)
local MOST_EXACT = 2 ^ 62         -- lengths below this are shown; a header could state 69 bits
local MOST_REASSEMBLED = 2 ^ 26   -- octets of a message that are put together: 64 MiB

local f = {
    header = ProtoField.bytes("stockings.header", "Header"),
    octets = ProtoField.uint8("stockings.header_octets", "Header octets"),
    kind = ProtoField.uint8("stockings.kind", "Kind", base.DEC, KINDS, 0x40),
    length = ProtoField.uint64("stockings.length", "Length"),
    text = ProtoField.string("stockings.text", "Text"),
    bytes = ProtoField.bytes("stockings.bytes", "Bytes"),
    clause = ProtoField.string("stockings.clause", "Clause"),
    rest = ProtoField.bytes("stockings.rest", "Behind the malformed frame"),
}
stockings.fields = { f.header, f.octets, f.kind, f.length, f.text, f.bytes, f.clause, f.rest }

local e = {
    endless = ProtoExpert.new("stockings.endless", "FRAME-7: an eleventh header octet",
        expert.group.MALFORMED, expert.severity.ERROR),
    utf8 = ProtoExpert.new("stockings.utf8", "TEXT-1: a text that is not well-formed UTF-8",
        expert.group.MALFORMED, expert.severity.ERROR),
    longer = ProtoExpert.new("stockings.longer", "FRAME-5: the header is not the shortest one",
        expert.group.PROTOCOL, expert.severity.NOTE),
    huge = ProtoExpert.new("stockings.huge", "The message is too long to be put together here",
        expert.group.UNDECODED, expert.severity.WARN),
    behind = ProtoExpert.new("stockings.behind",
        "TEXT-4: behind a malformed frame nothing is looked at",
        expert.group.PROTOCOL, expert.severity.NOTE),
}
stockings.experts = { e.endless, e.utf8, e.longer, e.huge, e.behind }

stockings.prefs.ports = Pref.range("TCP ports", "", "Ports on which Stockings speak", 65535)
stockings.prefs.guess = Pref.bool("Guess (heuristic)", false,
    "Take every TCP stream for Stockings that begins with well-formed frames")

local stream_of = Field.new("tcp.stream")

-- For each direction of a stream: where it became malformed, as packet number and offset in it.
local broken = {}

function stockings.init()
    broken = {}
end

-- The place of the first octet that breaks RFC 3629, from 1; nil if none does.
local function first_bad(octets)
    local at, count = 1, #octets
    while at <= count do
        local lead = octets:byte(at)
        local more, low, high = 0, 0x80, 0xBF
        if lead >= 0xC2 and lead <= 0xDF then more = 1
        elseif lead >= 0xE0 and lead <= 0xEF then
            more = 2
            if lead == 0xE0 then low = 0xA0 elseif lead == 0xED then high = 0x9F end
        elseif lead >= 0xF0 and lead <= 0xF4 then
            more = 3
            if lead == 0xF0 then low = 0x90 elseif lead == 0xF4 then high = 0x8F end
        elseif lead > 0x7F then return at end
        for next_at = at + 1, at + more do
            local octet = octets:byte(next_at)
            if not octet or octet < low or octet > high then return at end
            low, high = 0x80, 0xBF
        end
        at = at + more + 1
    end
    return nil
end

-- The number of header octets at an offset and the length that they state, as a number.
-- nil: the header is not complete. false: it is malformed.
local function header_at(tvb, offset)
    local length, weight = 0, 1
    for count = 1, MOST_HEADER do
        if offset + count > tvb:len() then return nil end
        local octet = tvb(offset + count - 1, 1):uint()
        local bits = count == 1 and 64 or 128
        length = length + (octet % bits) * weight
        weight = weight * bits
        if octet >= 128 then return count, length end
    end
    if offset + MOST_HEADER >= tvb:len() then return nil end
    return false
end

local function shortest(length)
    local count, room = 1, 64
    while length >= room do
        count, room = count + 1, room * 128
    end
    return count
end

-- The same length in 64 bits, exactly; only for lengths below MOST_EXACT.
local function exact(tvb, offset, count)
    local value = UInt64(0)
    for at = count - 1, 1, -1 do
        value = value:lshift(7) + UInt64(tvb(offset + at, 1):uint() % 128)
    end
    return value:lshift(6) + UInt64(tvb(offset, 1):uint() % 64)
end

local function add_header(tree, tvb, offset, count, length)
    tree:add(f.kind, tvb(offset, 1))
    local item = tree:add(f.header, tvb(offset, count))
    tree:add(f.octets, tvb(offset, count), count)
    if length < MOST_EXACT then
        tree:add(f.length, tvb(offset, count), exact(tvb, offset, count))
    end
    if count > shortest(length) then
        item:add_proto_expert_info(e.longer)
        tree:add(f.clause, tvb(offset, count), "FRAME-5")
    end
end

local function broken_at(tree, tvb, offset, length, info, clause)
    tree:add(f.clause, tvb(offset, length), clause)
    tree:add_proto_expert_info(info)
end

-- One frame that is there as a whole; whether its direction goes on behind it.
local function add_frame(tree, tvb, offset, count, length)
    local kind = KINDS[math.floor(tvb(offset, 1):uint() / 64) % 2]
    local branch = tree:add(stockings, tvb(offset, count + length),
        string.format("Stockings, %s, %d octets", kind, length))
    add_header(branch, tvb, offset, count, length)
    if length == 0 then
        return true, kind
    end
    local payload = tvb(offset + count, length)
    if kind == "bytes" then
        branch:add(f.bytes, payload)
        return true, kind
    end
    local bad = first_bad(payload:raw())
    if bad then
        branch:add(f.bytes, payload)
        broken_at(branch, tvb, offset + count + bad - 1, 1, e.utf8, "TEXT-1")
        return false, "malformed text"
    end
    branch:add(f.text, payload, payload:string(ENC_UTF_8))
    return true, kind
end

local function add_rest(tree, tvb, offset)
    local branch = tree:add(stockings, tvb(offset), "Stockings, behind a malformed frame")
    branch:add(f.rest, tvb(offset))
    branch:add_proto_expert_info(e.behind)
end

-- What is wrong, or missing, where no whole frame begins; the octets that are wanted, nil for none.
local function incomplete(tree, tvb, offset, count, length)
    if count == false then
        local branch = tree:add(stockings, tvb(offset, MOST_HEADER + 1), "Stockings, malformed")
        branch:add(f.header, tvb(offset, MOST_HEADER + 1))
        broken_at(branch, tvb, offset + MOST_HEADER, 1, e.endless, "FRAME-7")
        return nil, offset + MOST_HEADER + 1
    end
    if count == nil then
        return DESEGMENT_ONE_MORE_SEGMENT
    end
    if length > MOST_REASSEMBLED then
        local branch = tree:add(stockings, tvb(offset), "Stockings, a part of a long message")
        add_header(branch, tvb, offset, count, length)
        branch:add_proto_expert_info(e.huge)
        return nil, tvb:len()
    end
    return count + length - (tvb:len() - offset)
end

function stockings.dissector(tvb, pinfo, tree)
    local stream = stream_of()
    local number = stream and tostring(stream.value) or ""
    local key = string.format("%s %s", number, tostring(pinfo.src_port))
    local since = broken[key]
    if since and since < pinfo.number then
        add_rest(tree, tvb, 0)
        return tvb:len()
    end
    pinfo.cols.protocol = "Stockings"
    local offset, kinds = 0, {}
    while offset < tvb:len() do
        local count, length = header_at(tvb, offset)
        local goes_on = true
        if count and length <= MOST_REASSEMBLED and offset + count + length <= tvb:len() then
            local kind
            goes_on, kind = add_frame(tree, tvb, offset, count, length)
            kinds[#kinds + 1] = string.format("%s %d", kind, length)
            offset = offset + count + length
        else
            local wanted, behind = incomplete(tree, tvb, offset, count, length)
            if wanted then
                pinfo.desegment_offset = offset
                pinfo.desegment_len = wanted
                break
            end
            kinds[#kinds + 1] = count == false and "malformed" or "part of a long message"
            goes_on, offset = false, behind
        end
        if not goes_on then
            broken[key] = pinfo.number
            if offset < tvb:len() then add_rest(tree, tvb, offset) end
            break
        end
    end
    if #kinds > 0 then
        pinfo.cols.info = table.concat(kinds, ", ")
    end
    return tvb:len()
end

-- Only if asked for: any octet from 0x80 on may begin a frame, so a guess is easily wrong.
local function guess(tvb, pinfo, tree)
    if not stockings.prefs.guess or tvb:len() == 0 then return false end
    local offset = 0
    while offset < tvb:len() do
        local count, length = header_at(tvb, offset)
        if not count or count > shortest(length) then return false end
        if length > tvb:len() - offset - count then return false end
        local text = tvb(offset, 1):uint() % 128 < 64
        if text and length > 0 and first_bad(tvb(offset + count, length):raw()) then
            return false
        end
        offset = offset + count + length
    end
    stockings.dissector(tvb, pinfo, tree)
    pinfo.conversation = stockings
    return true
end

local ports = DissectorTable.get("tcp.port")
ports:add_for_decode_as(stockings)
stockings:register_heuristic("tcp", guess)

local chosen = stockings.prefs.ports

function stockings.prefs_changed()
    if chosen ~= stockings.prefs.ports then
        if chosen and chosen ~= "" then ports:remove(chosen, stockings) end
        chosen = stockings.prefs.ports
        if chosen and chosen ~= "" then ports:add(chosen, stockings) end
    end
end
