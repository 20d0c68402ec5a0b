"""The words an address is made of: what announces a part, what joins parts, what ends a name.

Written with diacritics; without them they are understood as well, where `address_parts` thinks it safe.
"""


def _words(listed: str) -> frozenset[str]:
    return frozenset(" ".join(word.split()) for word in listed.split(","))


# Kind of part -> the words that announce it. A number or a name has to follow (`address_parts` knows which).
PREFIXES = {
    "house": """
        số, số nhà, sn, nhà số, nhà sn, địa chỉ số
    """,
    "lane": """
        ngõ, ngách, hẻm, kiệt, ng, ngỏ, nghách, hẽm, ngõ số, ngách số, hẻm số
    """,
    "group": """
        tổ, tổ số, tổ dân phố, tổ dân phố số, tdp, tdp số, tổ dp, đội, đội số, cụm, cụm số, cụm dân cư, cụm dân
        cư số, khu, khu số, khu phố, khu phố số, khu dân cư, khu dân cư số, kdc
    """,
    "village": """
        thôn, xóm, làng, làng nghề, ấp
    """,
    "building": """
        tòa, tòa nhà, nhà, chung cư, cc, block, tháp, khu chung cư, cụm chung cư, chung cư mini
    """,
    "estate": """
        khu đô thị, kđt, kđt mới, khu đô thị mới, khu tập thể, ktt, tập thể, khu nhà ở, khu tái định cư, khu đấu
        giá, khu biệt thự, khu công nghiệp, kcn, cụm công nghiệp, ccn, khu đất dịch vụ, khu nhà ở xã hội
    """,
    "street": """
        đường, phố, tuyến phố, tuyến đường, mặt phố, trục đường, đại lộ, quốc lộ, ql, tỉnh lộ, tl, vành đai, đ,
        cao tốc, đường tỉnh, đường đê
    """,
    "junction": """
        ngã ba, ngã tư, ngã năm, ngã sáu, ngã 3, ngã 4, ngã 5, vòng xuyến, bùng binh, nút giao, nút giao thông,
        đèo
    """,
    "landmark": """
        cầu, cầu vượt, cầu đi bộ, cầu vượt đi bộ, cầu bộ hành, hầm, hầm chui, hầm đi bộ, chợ, chợ cóc, chợ dân
        sinh, chợ đầu mối, chợ đêm, trường, trường tiểu học, trường thcs, trường thpt, trường mầm non, trường
        mẫu giáo, trường cấp 1, trường cấp 2, trường cấp 3, tiểu học, thcs, thpt, mầm non, trường đại học, đại
        học, đh, trường cao đẳng, cao đẳng, học viện, hv, bệnh viện, bv, bệnh viện đa khoa, viện, trạm y tế,
        phòng khám, công viên, vườn hoa, quảng trường, hồ, ao, đầm, sông, kênh, mương, chùa, chùa làng, đình,
        đình làng, cổng làng, chợ làng, đền, miếu, phủ, nhà thờ, bến xe, bến xe buýt, điểm chờ xe buýt, nhà chờ
        xe buýt, bến phà, ga, nhà ga, ga tàu, ga metro, sân bay, sân vận động, sân bóng, nhà văn hóa, nvh, trung
        tâm thương mại, tttm, siêu thị, ubnd, trụ sở, ủy ban, ủy ban nhân dân, công an, cây xăng, trạm bơm, trạm
        biến áp, bãi rác, nghĩa trang, nghĩa địa, bưu điện, dốc, đê, bờ đê, khách sạn, nhà máy, ký túc xá, ktx,
        vườn thú, tượng đài, bảo tàng, rạp, khu du lịch, bãi xe, bãi đỗ xe
    """,
    "ward": """
        phường, p, xã, x, thị trấn, tt
    """,
    "district": """
        quận, q, huyện, h, thị xã, tx
    """,
    "province": """
        tỉnh, thành phố, tp
    """,
}

# Said without diacritics these are too often another word ("cho" = cho, chỗ, chờ; "duong" in "den duong").
# After them a known name must be no ordinary word itself, and unknown names are not believed.
DOUBTFUL_BARE = _words("""
    so, to, khu, de, doi, nha, duong, cau, cho, ho, song, chua, dinh, den, ga, truong, lang, xa, x, ham, dam,
    ao, vien, doc, phu, thap, cum, p, q, h, d, ng, tt, kenh, mieu, quan, rap, ap, tru so, deo, hem
""")

# Places that mean something without a name when another part of an address stands beside them.
STANDS_ALONE = _words("""
    nhà văn hóa, nvh, trường, trường tiểu học, trường thcs, trường thpt, trường mầm non, chợ, trạm y tế, bệnh
    viện, công viên, vườn hoa, sân bóng, nhà thờ, bến xe, bến xe buýt, cây xăng, trạm bơm, trạm biến áp, bãi
    rác, nghĩa trang, bưu điện, ủy ban, ủy ban nhân dân, ubnd, cầu vượt, hầm chui, hầm đi bộ, siêu thị, chung
    cư, ngã ba, ngã tư, vòng xuyến, ngã 3, ngã 4, cầu vượt đi bộ, cầu đi bộ, điểm chờ xe buýt, nhà chờ xe buýt,
    khu tập thể, khu đô thị, bờ đê, sân vận động, nhà ga, khu công nghiệp, chợ cóc, chợ dân sinh, bãi xe, bãi đỗ
    xe, công an
""")

# "đèn đường", "thành phố": after these words "đường", "phố", "số", "cầu" … announce no address.
NOT_AFTER = {
    "đường": _words("đèn, lòng, vệ, lề, con, ra, đi, ăn, nửa, dọc, giữa"),
    "phố": _words("thành, dân, khu, hàng"),
    "số": _words("""
        biển, tuyến, xe, buýt, thoại, định, văn, mã, hồ, cột, phòng, căn, khoản, phép, quầy, chốt, thông, máy,
        hiệu, đơn, lượng, một, gọi, cỡ, vài, tầng, thị, mẫu, báo, bão, đất, thửa, tờ, bản, lệnh, vé, cửa
    """),
    "nhà": _words("về, ở, chủ, cả, vào"),
    "khu": _words("chân, các"),
    "cầu": _words("yêu, nhu, toàn, địa, nhờ, khẩn"),
    "xã": _words("hội, hợp, thị"),
    "trường": _words("môi, thị, hiện, công, nông, tăng"),
    "đội": _words("quân, bộ"),
    "ga": _words("bình, khí, bếp"),
}

# What may lead a place and belongs to it: "gần số 58", "trước nhà văn hóa tổ 5".
LEAD = _words("""
    gần, ngay gần, đối diện, đối diện với, trước, trước cửa, trước cổng, trước mặt, cạnh, bên cạnh, sát, sau,
    phía sau, sau lưng, đằng sau, đầu, cuối, ngay đầu, ngay cuối, góc, đoạn, đoạn đầu, đoạn cuối, đoạn gần, đoạn
    trước, đoạn qua, khúc, quãng, cổng, cổng chính, cổng sau, cổng phụ, chân, dưới chân, gầm, dưới gầm, khu vực,
    khu vực gần, lối vào, lối ra, giữa, đoạn giữa, đoạn từ, chỗ, chỗ gần, phía trước, phía, dọc, dọc theo, dọc
    bờ, bờ, ven, xung quanh, quanh, lối rẽ, đường vào, lối đi, cửa
""")

# What may stand between two parts of one address.
CONNECT = _words("""
    chỗ, rẽ, sang, vào, ra, qua, với, và, giao, nhau, cắt, hướng, đi, về, từ, đến, tới, ở, tại, trên, thuộc,
    của, đoạn, gần, đối, diện, cạnh, trước, sau, đầu, cuối, cổng, góc, khu, vực, chân, dưới, gầm, phía, bên,
    ngay, dọc, nối, lối, cũ, mới, nay, là, giữa, quãng, nhà, cửa, mặt, địa, bàn, sát, theo, trong, ngoài, đường,
    phố, lên, xuống, quay, đằng, số, thành, tp, phường, xã, quận, huyện, này, ngã, cách, chạy, kéo, dài
""")

# After a number these make it an amount, not a house or a group: "3 ngày", "tổ 3 người".
UNITS = _words("""
    ngày, lần, tháng, năm, hôm, phút, giờ, h, tiếng, người, cái, chiếc, xe, hộ, mét, m, km, cm, m2, tuần, đồng,
    triệu, nghìn, tỷ, trăm, cây, con, đứa, ông, bà, nhà, căn, phòng, tầng, bữa, tối, sáng, đêm, buổi, lít, số,
    kg, bên, chỗ, anh, em, cột, gia, đợt, bao, túi, đống, vòng, làn, chuyến, điểm, suất, lượt, ổ, hố, nắp, bóng,
    ngọn
""")

# Ordinary words that end a name written in small letters.
ENDS_NAME = _words("""
    tắt, bị, có, hỏng, hư, ngập, đang, mấy, hôm, nay, này, kia, đó, ấy, cứ, luôn, rất, không, ko, k, kg, đã,
    chưa, sẽ, từ, ở, tại, và, với, thì, là, mà, nhé, nha, ạ, ơi, đi, vào, ra, đến, tới, lúc, khi, hay, nhiều,
    quá, lắm, toàn, cả, suốt, người, dân, nhà, xe, đèn, rác, nước, điện, cây, hố, nắp, cống, mùi, tiếng, đoạn,
    chỗ, gần, đối, trước, sau, cạnh, bên, phường, xã, quận, huyện, thành, phố, đường, ngõ, ngách, mới, cũ, lại,
    được, đc, bọn, em, anh, chị, bác, cô, chú, tôi, mình, cháu, xin, nhờ, mong, đề, kính, do, vì, nên, sao, gì,
    ai, nào, đâu, các, những, một, hai, ba, vẫn, còn, mỗi, cho, của, trên, dưới, trong, ngoài, giờ, sáng, trưa,
    chiều, tối, đêm, tắc, kẹt, xuống, lên, phản, báo, sụt, lún, vỡ, rò, mất, đổ, gãy, hôi, thối, bẩn, ồn, đông,
    chật, hẹp, rộng, dài, ngắn, trọ, chung, chúng, họ, nó, cái, con, rồi, đầu, cuối, giữa
""")

# A name of a street that we do not know but that starts like a person's is believed.
SURNAMES = _words("""
    nguyễn, trần, lê, phạm, hoàng, huỳnh, phan, vũ, võ, đặng, bùi, ngô, lý, đinh, trịnh, phùng, nguyen, pham
""")

# A number after these is a house; after those it is a bus, a day, an hour, an amount.
HOUSE = _words("nhà, số")
NO_HOUSE = _words("""
    buýt, tuyến, xe, ngày, hôm, mùng, mồng, tháng, năm, thứ, lúc, tầm, khoảng, hồi, hơn, cả, hết, mấy, tầng, lần
""")

# After these words a name of one syllable with a capital is a place: "ở Vinh".
LOCATES = _words("ở, tại, quê, về, trong, dưới, qua, đoạn, khu, gần, đến, chỗ, phía")

# What follows the name of a village.
AREAS = _words("xã, huyện, phường, thị")

# What a person means by letters after "quận", "q.".
DISTRICT_LETTERS = {
    "hbt": "Hai Bà Trưng", "hk": "Hoàn Kiếm", "cg": "Cầu Giấy", "hm": "Hoàng Mai", "tx": "Thanh Xuân", "đđ": "Đống Đa",
    "dd": "Đống Đa", "bđ": "Ba Đình", "bd": "Ba Đình", "th": "Tây Hồ", "lb": "Long Biên", "hđ": "Hà Đông",
    "hd": "Hà Đông", "ntl": "Nam Từ Liêm", "btl": "Bắc Từ Liêm", "nam tl": "Nam Từ Liêm", "bắc tl": "Bắc Từ Liêm",
}  # fmt: skip
