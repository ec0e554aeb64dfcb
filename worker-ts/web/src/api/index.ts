// The page's HTTP calls to /api: names only.
export {
  type Account,
  changeName,
  changePicture,
  continueAsGuest,
  deleteAccount,
  findAccount,
  OWN_EXPORT,
  removePicture,
  signIn,
  signInAsOwner,
  signOut,
  signUp,
} from "./account";
export { ApiError, sayError } from "./call";
export { filePath, uploadFile } from "./files";
export { leaveRoom, listMembers, type Member, removeMember, setRole } from "./members";
export { answerCard, type Found, type Hit, type Hits, listPins, search } from "./messages";
export {
  acceptInvite,
  changeRoom,
  createRoom,
  deleteRoom,
  getRoom,
  type Invite,
  joinRoom,
  listOwnRooms,
  listRooms,
  makeInvite,
  type RoomChange,
  type RoomInfo,
  type RoomRole,
  roomExport,
} from "./rooms";
