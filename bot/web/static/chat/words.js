'use strict';

/* Every sentence that the page itself says. What the assistant says comes from the server. */
const WORDS = Object.freeze({
  assistant: 'Lắng Nghe',
  notice: 'Thông báo',
  staff: 'Cán bộ',
  resident: 'Anh/chị',
  typing: 'đang trả lời…',
  today: 'Hôm nay',
  yesterday: 'Hôm qua',
  sending: 'Đang gửi…',
  retry: 'Chưa gửi được – bấm để gửi lại',
  unread: (n) => `(${n}) `,

  offline: 'Đang mất kết nối. Tin nhắn sẽ được gửi khi có mạng trở lại.',
  network: 'Mạng đang gián đoạn.',
  server: 'Hệ thống đang bận, anh/chị thử lại sau ít phút giúp ạ.',
  renewed: 'Cuộc trò chuyện trước đã đóng. Anh/chị có thể bắt đầu cuộc trò chuyện mới.',

  sharedPlace: 'Vị trí của tôi',
  sharePlace: 'Gửi vị trí hiện tại',
  locating: 'Đang lấy vị trí…',
  rough: (metres) => `Máy chỉ xác định được vị trí trong khoảng ${metres}. Anh/chị vẫn gửi, hay ghi địa chỉ bằng lời?`,
  roughSend: 'Vẫn gửi vị trí',
  roughWrite: 'Ghi địa chỉ',
  placeDenied: 'Trình duyệt chưa được phép xem vị trí. Anh/chị cho phép trong phần cài đặt, hoặc ghi địa chỉ bằng lời cũng được ạ.',
  placeUnknown: 'Chưa xác định được vị trí lúc này. Anh/chị ghi địa chỉ bằng lời giúp ạ.',
  placeMissing: 'Trình duyệt này không lấy được vị trí. Anh/chị ghi địa chỉ bằng lời giúp ạ.',

  ownPhoto: 'Ảnh anh/chị đã gửi',
  theirPhoto: 'Ảnh kèm tin nhắn',
  code: 'Mã QR để tra cứu phiếu',
  enlarge: (alt) => `Phóng to: ${alt}`,
  preview: (name) => `Ảnh sắp gửi: ${name}`,
  removePhoto: (name) => `Bỏ ảnh ${name}`,
  notPhoto: (name) => `“${name}” không phải ảnh đọc được. Anh/chị chọn ảnh JPG hoặc PNG giúp ạ.`,
  tooLarge: (name) => `Ảnh “${name}” lớn hơn 20 MB nên chưa gửi được. Anh/chị chọn ảnh nhỏ hơn giúp ạ.`,
  tooMany: (n) => `Mỗi lần gửi được nhiều nhất ${n} ảnh.`,

  voice: 'Tin nhắn thoại',
  listen: 'Nghe tin nhắn thoại đã gửi',
  voiceDenied: 'Trình duyệt chưa được phép dùng micrô. Anh/chị cho phép trong phần cài đặt, hoặc nhắn bằng chữ giúp ạ.',
  voiceMissing: 'Chưa tìm thấy micrô trên máy này. Anh/chị nhắn bằng chữ giúp ạ.',
  voiceShort: 'Đoạn ghi âm quá ngắn nên chưa gửi. Anh/chị ghi lại giúp ạ.',

  video: 'Video',
  file: 'Tệp',
});
